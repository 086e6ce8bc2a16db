import { applyingSuite } from './applying-suite.ts'
import { findingSuite, readingSuite } from './reading-suite.ts'

applyingSuite('memory')
readingSuite('memory')
findingSuite('memory')
