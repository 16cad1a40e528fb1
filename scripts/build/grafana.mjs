// Makes docs/grafana.json, a dashboard with a panel for each metric that a running server has.
//   curl -s http://127.0.0.1:9464/metrics | node scripts/build/grafana.mjs > docs/grafana.json
import { readFileSync } from 'node:fs';

const COLUMNS = 2;
const [WIDTH, HEIGHT] = [24 / COLUMNS, 8];
const SOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Servers of which more than one may be watched. */
const OF = 'instance=~"$instance"';
/** Labels that tell what a series is not, or are no series of their own. */
const HIDDEN = ['le', 'version'];

/** The metrics of the text format: name without the ending of a counter, what it is, type, labels. */
function metrics(text) {
  const found = new Map();
  const of = (name) => {
    const base = name.replace(/_total$/, '');
    if (!found.has(base)) found.set(base, { name: base, labels: [] });
    return found.get(base);
  };
  for (const line of text.split('\n')) {
    const [, kind, name, rest] = line.match(/^# (HELP|TYPE) (\S+) (.*)$/) ?? [];
    if (kind === 'HELP') of(name).help = rest.replace(/\.$/, '');
    if (kind === 'TYPE') of(name).type = rest;
    const [, sample, labels] = line.match(/^([a-z_]+)\{([^}]*)\} /) ?? [];
    if (!sample) continue;
    const metric = found.get(sample.replace(/_(total|bucket)$/, ''));
    const names = [...labels.matchAll(/([a-z_]+)="/g)].map(([, label]) => label).filter((label) => !HIDDEN.includes(label));
    if (metric) metric.labels = [...new Set([...metric.labels, ...names])];
  }
  const isOwn = ({ name }) => (name.startsWith('parlor_') ? 0 : 1);
  return [...found.values()].filter(({ type }) => type).sort((one, other) => isOwn(one) - isOwn(other));
}

const isStart = ({ name }) => name.endsWith('start_time_seconds');

/** The queries of a metric, with their legends, and the unit of what they give. */
function queries({ name, type, labels }) {
  const by = ['instance', ...labels].join(', ');
  const legend = ['{{instance}}', ...labels.map((label) => `{{${label}}}`)].join(' ');
  const isBytes = name.includes('bytes');
  if (name.endsWith('_info')) return { unit: 'short', targets: [[`${name}{${OF}}`, '{{instance}} {{version}}']] };
  if (isStart({ name })) return { unit: 's', targets: [[`time() - ${name}{${OF}}`, legend]] };
  if (type === 'histogram') {
    const of = (share) => `histogram_quantile(${share}, sum by (le, ${by}) (rate(${name}_bucket{${OF}}[$__rate_interval])))`;
    return { unit: 's', targets: [0.5, 0.99].map((share) => [of(share), `${legend} ${share * 100} %`]) };
  }
  if (type === 'counter') {
    const rate = `sum by (${by}) (rate(${name}_total{${OF}}[$__rate_interval]))`;
    return { unit: isBytes ? 'Bps' : name.endsWith('_seconds') ? 'percentunit' : 'ops', targets: [[rate, legend]] };
  }
  return { unit: isBytes ? 'bytes' : 'short', targets: [[`${name}{${OF}}`, legend]] };
}

function panel(metric, index) {
  const { unit, targets } = queries(metric);
  return {
    id: index + 1,
    type: 'timeseries',
    title: isStart(metric) ? 'Time since the start' : metric.help,
    description: metric.name,
    datasource: SOURCE,
    gridPos: { x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: targets.map(([expr, legendFormat], target) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + target),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  };
}

const found = metrics(readFileSync(0, 'utf8'));
if (!found.length) throw new Error('no metrics came in');
const dashboard = {
  uid: 'parlor',
  title: 'Parlor',
  tags: ['parlor'],
  schemaVersion: 39,
  version: 1,
  editable: true,
  refresh: '30s',
  time: { from: 'now-6h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
      {
        name: 'instance',
        type: 'query',
        label: 'Server',
        datasource: SOURCE,
        query: { query: 'label_values(parlor_sockets, instance)', refId: 'instance' },
        includeAll: true,
        multi: true,
        refresh: 2,
      },
    ],
  },
  panels: found.map(panel),
};
process.stdout.write(`${JSON.stringify(dashboard, null, 1)}\n`);
