// The page around the charts: title, remarks, tables and downloads. All texts are set as text, whatever a file's name is.
'use strict';
(() => {
  const MOST_REMARKS = 8;
  const json = id => JSON.parse(document.getElementById(id + '-data').textContent);
  const report = json('report');
  const catalog = json('catalog');

  /** An element with text or children. */
  function element(tag, properties, ...children) {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  }

  function bytes(count) {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
    return Math.round(count / 1024 ** power * 10) / 10 + ' ' + units[power];
  }

  function head() {
    document.title = 'fasternet bench ' + report.benchmark;
    document.getElementById('title').textContent = document.title;
    document.getElementById('command').textContent = ['fasternet', ...report.command].join(' ');
    document.getElementById('when').textContent = report.environment.time + ' on ' + report.environment.cpu;
    download('json', JSON.stringify(report, null, 2) + '\n', 'application/json');
    download('csv', catalog.csv, 'text/csv');
    document.getElementById('remarks').hidden = catalog.remarks.length === 0;
    const [first, details, rest] = document.querySelectorAll('#remarks ul, #remarks details');
    const more = catalog.remarks.length - MOST_REMARKS;
    catalog.remarks.forEach((remark, i) => (i < MOST_REMARKS ? first : rest).append(element('li', {}, remark)));
    details.hidden = more <= 0;
    details.firstElementChild.textContent = more + ' more';
  }

  function download(id, text, type) {
    document.getElementById(id).href = URL.createObjectURL(new Blob([text], {type: type + ';charset=utf-8'}));
  }

  function environment() {
    const e = report.environment;
    const load = value => value < 0 ? 'unknown' : value;
    const rows = {
      'CPU': e.cpu,
      'Instruction sets': e.isas.join(', '),
      'CPU features': e.features.join(', '),
      'CPUs that may be used': e.cpus,
      'Quota': e.quota > 0 ? e.quota + ' CPUs' : 'none',
      'Frequency at the start': e.frequencyMhz === undefined ? 'not told by the system' : Math.round(e.frequencyMhz) + ' MHz',
      'Frequency governor': e.governor ?? 'not told by the system',
      'Caches': e.cacheBytes.map((size, i) => 'L' + (i + 1) + ' ' + bytes(size)).join(', ') || 'not told by the system',
      'Memory': e.memoryBytes > 0 ? bytes(e.memoryBytes) : 'not told by the system',
      'Operating system': e.kernel,
      'Java': e.jvm,
      'fasternet': e.fasternet + ' over ' + e.binding,
      'oneDNN': e.onednn ?? 'cannot be used here',
      'GPU': (e.gpus ?? []).join('; ') || 'none that can be used',
      ...(e.gpuStates?.length > 0 ? {'GPU at the end': e.gpuStates.join('; ')} : {}),
      'Pinning': e.pinning,
      'Load average': load(e.loadStart) + ' at the start, ' + load(e.loadEnd) + ' at the end',
      'Seed': report.seed,
    };
    document.getElementById('environment').append(...Object.entries(rows).map(([name, value]) =>
        element('tr', {}, element('th', {scope: 'row'}, name), element('td', {}, String(value)))));
  }

  /** Columns of a table: what a line has there, to sort by, and how it is shown. */
  function columns(lines, {dimensions, metrics}) {
    const text = (heading, description, value) => ({heading, description, value, show: v => v ?? '', number: false});
    const all = [
      ...dimensions.map(d => text(d.heading, d.description, line => line.subject[d.id])),
      ...metrics.map(m => ({
        heading: m.heading, description: m.description, number: true,
        value: line => line.values[m.id], show: v => v === undefined ? '' : Charts.number(v),
      })),
    ];
    if (lines.some(line => line.verdict !== undefined)) {
      all.push(text('verdict', 'by the rules of the scenario', line => line.verdict));
    }
    if (lines.some(line => line.busyMillis !== undefined)) {
      all.push(text('busy ms', 'what each thread computed, in milliseconds; it waited in the rest',
          line => line.busyMillis?.map(Charts.number).join(' ')));
    }
    all.push(text('implementations', 'what ran', line => line.implementations.join(' ')));
    return all;
  }

  function table(id, lines, catalog) {
    const all = columns(lines, catalog);
    const body = element('tbody', {}, ...lines.map((line, index) => row(all, line, index)));
    const headings = all.map((column, index) => {
      const th = element('th', {scope: 'col', title: column.description, className: column.number ? 'number' : ''});
      th.append(element('button', {type: 'button', onclick: () => sort(lines, body, th, column)}, column.heading));
      return th;
    });
    document.getElementById(id).append(element('thead', {}, element('tr', {}, ...headings)), body);
  }

  function row(all, line, index) {
    const tr = element('tr', {}, ...all.map(column => {
      const shown = column.show(column.value(line));
      return element('td', {className: column.number ? 'number' : shown.startsWith('INVALID') ? 'invalid' : ''}, shown);
    }));
    tr.dataset.index = index;
    return tr;
  }

  /** Ascending at the first click, then descending; lines without the figure stay last. */
  function sort(lines, body, th, column) {
    const sign = th.ariaSort === 'ascending' ? -1 : 1;
    th.parentElement.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
    th.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
    const value = tr => column.value(lines[tr.dataset.index]);
    const compare = (a, b) => column.number ? a - b : a.localeCompare(b, 'en', {numeric: true});
    body.append(...[...body.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return x === undefined || y === undefined ? (x === undefined) - (y === undefined) : sign * compare(x, y);
    }));
  }

  head();
  environment();
  table('measurements', report.measurements, catalog.measurements);
  const steps = report.steps ?? [];
  document.getElementById('all-steps').hidden = steps.length === 0;
  table('steps', steps, catalog.steps);
  Charts.draw(report, catalog.measurements.dimensions.map(d => d.id), document.getElementById('charts'));
})();
