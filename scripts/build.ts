import { bundle } from './bundle.ts'

await bundle('src/main.ts', 'dist')
