/**
 * Who may import whom (docs/ARCHITECTURE.md). `test/tidy/import-direction.test.ts` plants violations to prove that
 * these rules bite. Needs the `typescript` package in version 6: with 7 nothing is parsed and everything passes.
 */
const steps = 'ingress|admission|routing|execution|stores'
/** The types the steps share; importing them is not importing the step. */
const contracts = ['^src/routing/plan\\.ts$', '^src/stores/store\\.ts$']

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'steps-stay-apart',
      comment: 'Step folders never import one another: src/gateway.ts composes them.',
      severity: 'error',
      from: { path: `^src/(${steps})/` },
      to: { path: `^src/(${steps})/`, pathNot: ['^src/$1/', ...contracts] },
    },
    {
      name: 'only-assembly-names-concrete-stores',
      comment: 'Everything but the assembly knows stores by their contract, src/stores/store.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(assemble[^/]*\\.ts$|assembly/|stores/)' },
      to: { path: '^src/stores/[^/]+/' },
    },
    {
      name: 'only-assembly-names-concrete-coordinators',
      comment:
        'Everything but the assembly knows coordination by its contract, src/cluster/coordination/coordinator.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(assemble[^/]*\\.ts$|assembly/|cluster/coordination/)' },
      to: { path: '^src/cluster/coordination/(embedded|etcd)' },
    },
    {
      name: 'settings-are-handed-in',
      comment: 'The data plane declares the settings it needs; it does not read the configuration.',
      severity: 'error',
      from: { path: `^src/(${steps}|operation|cluster|replication|telemetry|runtime|loadgen)/` },
      to: { path: '^src/config/' },
    },
    {
      name: 'no-comfort-on-the-data-plane',
      comment: 'Libraries of the control plane cost more than a whole request (docs/ARCHITECTURE.md, two planes).',
      severity: 'error',
      from: { path: `^src/(${steps}|operation)/` },
      to: { path: 'node_modules/(fastify|@fastify|undici|zod|yaml|commander)/' },
    },
    {
      name: 'data-plane-knows-no-control-plane',
      severity: 'error',
      from: { path: `^src/((${steps}|operation)/|gateway\\.ts$)` },
      to: { path: '^src/(admin|cli)/' },
    },
    {
      name: 'contracts-stand-alone',
      comment: 'Operations know errors, the runtime and one another, nothing else of Headgate.',
      severity: 'error',
      from: { path: '^src/operation/' },
      to: { path: '^src/', pathNot: '^src/(operation/|runtime/|errors\\.ts$)' },
    },
    {
      name: 'runtime-stands-alone',
      severity: 'error',
      from: { path: '^src/(runtime/|errors\\.ts$)' },
      to: { path: '^src/', pathNot: '^src/runtime/' },
    },
    {
      name: 'load-generator-stands-alone',
      comment: 'It measures the gateway, so it must not share its code.',
      severity: 'error',
      from: { path: '^src/loadgen/' },
      to: { path: '^src/', pathNot: '^src/(loadgen|runtime)/' },
    },
    {
      name: 'product-does-not-need-the-workshop',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-development-packages-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-cycles',
      comment: 'Files may name one another in types; when the program runs, imports go one way.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'types'], exportsFields: ['exports'] },
  },
}
