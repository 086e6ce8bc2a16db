import { applyingSuite } from './applying-suite.ts'
import { findingSuite, readingSuite } from './reading-suite.ts'

applyingSuite('lmdb')
readingSuite('lmdb')
findingSuite('lmdb')
