// Which charts a report has data for, what they say, and their frames. A line is a measurement of the report.
'use strict';
const Charts = (() => {
  const MOST_ROWS = 40;
  const MOST_FLAMES = 8;
  const count = noun => n => n + ' ' + noun + (n === '1' ? '' : 's');
  const WORDS = {batch: n => 'batch ' + n, threads: count('thread'), sessions: count('session')};
  const PERCENTILES = {p50_ms: 'median', p90_ms: '90 %', p99_ms: '99 %', p99_9_ms: '99.9 %'};
  const {number} = Plots;

  /** Dimensions, in the order of the table's columns. */
  let order = [];

  const words = subject => ids => ids.filter(id => id in subject).map(id => WORDS[id]?.(subject[id]) ?? subject[id]).join(' ');

  /** What tells lines apart: names of that alone, and what they have in common. */
  function naming(lines, without = []) {
    const ids = order.filter(id => !without.includes(id) && lines.some(line => id in line.subject));
    const varies = id => new Set(lines.map(line => line.subject[id])).size > 1;
    const different = ids.filter(varies);
    const shown = different.length > 0 ? different : ids.slice(0, 1);
    return {
      name: line => words(line.subject)(shown),
      common: lines.length > 0 ? words(lines[0].subject)(ids.filter(id => !shown.includes(id))) : '',
    };
  }

  /** Lines that differ in one dimension alone (and in those ignored), where there is more than one of it. */
  function families(lines, dimension, ignored = []) {
    const families = new Map();
    for (const line of lines.filter(each => dimension in each.subject)) {
      const {[dimension]: _, ...rest} = line.subject;
      ignored.forEach(id => delete rest[id]);
      const key = JSON.stringify(rest);
      families.set(key, [...(families.get(key) ?? []), line]);
    }
    return [...families.values()].filter(family => new Set(family.map(line => line.subject[dimension])).size > 1);
  }

  const has = (...metrics) => line => metrics.every(metric => metric in line.values);
  const GPU = 'cudnn';
  const isPeak = line => 'kind' in line.subject;
  const isLoad = line => 'scenario' in line.subject;

  /** Percentiles of latency with the range around them, one row a line. */
  function latency(lines, title, name, common) {
    const present = Object.keys(PERCENTILES).filter(id => lines.some(has(id)));
    const rows = lines.slice(0, MOST_ROWS).map(line => ({
      label: name(line), text: number(line.values.p50_ms), from: line.values.min_ms ?? line.values.p50_ms,
      to: line.values.p99_ms ?? line.values.max_ms ?? line.values.p50_ms, marks: present.map(id => line.values[id]),
    }));
    return {
      title, common, lines, wide: rows.length > 12,
      caption: 'Time of one run in milliseconds; less is better. The bar spans from the fastest run to the 99th percentile, the '
          + 'figure beside it is the median. Percentiles are by nearest rank.',
      plot: Plots.ranges(rows, present.map(id => PERCENTILES[id]), 'ms'),
    };
  }

  function latencies(all) {
    const lines = all.filter(line => has('p50_ms')(line) && !isLoad(line));
    const {name, common} = naming(lines);
    return lines.length > 0 && latency(lines, 'Latency: medians and their spread', name, common);
  }

  function scenarios(all) {
    const lines = all.filter(line => has('p50_ms')(line) && isLoad(line));
    const {name, common} = naming(lines);
    const verdict = line => line.verdict === undefined ? '' : ' \u2014 ' + line.verdict.split(':')[0];
    return lines.length > 0
        && latency(lines, 'Latency under load, by scenario of MLPerf LoadGen', line => name(line) + verdict(line), common);
  }

  /** One metric as bars. */
  const bars = (metric, unit, title, filter, caption) => all => {
    const lines = all.filter(line => has(metric)(line) && filter(line));
    const {name, common} = naming(lines);
    const rows = lines.slice(0, MOST_ROWS).map(line => ({
      label: name(line), value: line.values[metric], text: number(line.values[metric])}));
    return lines.length > 0 && {title, common, lines, caption, wide: rows.length > 12, plot: Plots.bars(rows, unit)};
  };

  /** The families of a dimension as lines over its values. */
  function scaling(all, dimension, title, yName, caption, y, ideal) {
    const found = families(all, dimension);
    if (found.length === 0) {
      return false;
    }
    const xs = [...new Set(found.flat().map(line => +line.subject[dimension]))].sort((a, b) => a - b);
    const {name, common} = naming(found.flat(), [dimension]);
    const series = found.slice(0, MOST_ROWS).map(family => {
      const at = x => family.find(line => +line.subject[dimension] === x);
      return {name: name(family[0]), values: xs.map(x => at(x) ? y(at(x), at(xs.find(at))) : null)};
    });
    return {title, common, lines: found, caption, plot: Plots.curves(xs, dimension, yName, series, ideal?.(xs))};
  }

  const rate = line => line.values.gflop_per_s ?? line.values.gb_per_s ?? 1 / line.values.p50_ms;

  function threads(all) {
    const lines = all.filter(line => !isLoad(line) && Number.isFinite(rate(line)));
    return scaling(lines, 'threads', 'More threads: how many times faster', 'times faster',
        'Rate (of operations, bytes or runs, at the median) divided by that of the fewest threads; ideal is as many times '
        + 'faster as there are times more threads.',
        (line, first) => rate(line) / rate(first), xs => xs.map(x => x / xs[0]));
  }

  function batches(all) {
    const lines = all.filter(line => has('images_per_s')(line) && !isLoad(line));
    return scaling(lines, 'batch', 'Larger batches: how many times faster', 'times faster',
        'Images per second divided by that of the smallest batch.',
        (line, first) => line.values.images_per_s / first.values.images_per_s);
  }

  /** What a larger batch brings, and what it costs. */
  function tradeoff(all) {
    const found = families(all.filter(line => has('images_per_s', 'p50_ms')(line) && !isLoad(line)), 'batch').slice(0, MOST_ROWS);
    const {name, common} = naming(found.flat(), ['batch']);
    const series = found.map(family => ({
      name: name(family[0]),
      points: family.map(({subject, values}) => ({
        x: values.p50_ms, y: values.images_per_s, text: subject.batch,
        tip: `${name(family[0])} batch ${subject.batch}: ${number(values.images_per_s)} images/s at ${number(values.p50_ms)} ms`})),
    }));
    return found.length > 0 && {
      title: 'Throughput against latency', common, lines: found, wide: true,
      caption: 'Images per second at the mean over the median latency of one run; the figures beside the points are batches. Further '
          + 'up is more throughput, further left is less latency.',
      plot: Plots.paths('ms', 'images/s', series),
    };
  }

  /** A higher precision's instruction set is another one: it does not count as a difference. */
  function precisions(all) {
    const found = families(all.filter(line => has('p50_ms')(line) && !isPeak(line) && !isLoad(line)), 'precision', ['isa'])
        .slice(0, MOST_ROWS);
    if (found.length === 0) {
      return false;
    }
    const {name, common} = naming(found.flat(), ['precision', 'isa']);
    const ids = [...new Set(found.flat().map(line => line.subject.precision))];
    const series = ids.map(id => {
      const lines = found.map(family => family.find(line => line.subject.precision === id));
      const times = lines.map((line, i) => line && found[i][0].values.p50_ms / line.values.p50_ms);
      return {
        name: id, values: times.map(value => value ?? null),
        texts: lines.map((line, i) => line ? `${number(line.values.p50_ms)} ms (${times[i].toFixed(2)}x)` : ''),
      };
    });
    return {
      title: 'Lower precision: how many times faster', common, lines: found,
      caption: 'Median latency of the first precision divided by that of each; beside the bars the latencies themselves.',
      plot: Plots.groups(found.map(family => name(family[0])), series, 'times faster'),
    };
  }

  /** The best of each kind of ceiling, and the lines whose intensity is known: of the most threads, for other roofs are lower. */
  function roofline(every) {
    const threads = Math.max(...every.filter(has('flop_per_byte')).map(line => +line.subject.threads || 0));
    const all = every.filter(line => !(threads > 0) || +(line.subject.threads ?? threads) === threads);
    const best = (ceiling, key, unit) => {
      const found = new Map();
      all.filter(line => ceiling(line) > 0).forEach(line => {
        const id = key(line.subject);
        if (!(found.get(id)?.value >= ceiling(line))) {
          found.set(id, {name: `${id} ${number(ceiling(line))} ${unit}`, value: ceiling(line)});
        }
      });
      return [...found.values()];
    };
    // Its own of a GPU: others have no back end.
    const onGpu = (subject, id) => subject.backend === GPU ? `${id} (${GPU})` : id;
    const peakOf = line => isPeak(line) ? line.values.gflop_per_s : 100 * line.values.gflop_per_s / line.values.peak_percent;
    const bandwidths = best(line => isPeak(line) && line.values.gb_per_s, subject => onGpu(subject, subject.level ?? subject.kind), 'GB/s');
    const peaks = best(peakOf, subject => onGpu(subject, subject.precision ?? subject.kind), 'GFLOP/s');
    const lines = all.filter(line => has('flop_per_byte', 'gflop_per_s')(line) && !isPeak(line));
    if (lines.length === 0 && (bandwidths.length === 0 || peaks.length === 0)) {
      return false;
    }
    const {name, common} = naming(lines);
    const groups = new Map();
    for (const line of lines) {
      const id = line.subject.operator ?? line.subject.model ?? name(line);
      groups.set(id, [...(groups.get(id) ?? []), {name: name(line), x: line.values.flop_per_byte, y: line.values.gflop_per_s}]);
    }
    return {
      title: 'Roofline: what was reached under what memory and arithmetic allow', common, lines, wide: true,
      caption: 'Operations per second over arithmetic intensity, the operations per byte that must be moved. Sloping lines '
          + 'are the best bandwidth measured of each level of memory, level lines the best rate of multiply-adds on registers of '
          + 'each precision, on a GPU of a large product of matrices. Hot runs, whose data are in a cache, can be above the slope of memory.',
      plot: Plots.roofline(bandwidths, peaks, [...groups].map(([id, points]) => ({name: id, points}))),
    };
  }

  /** From "stages.2.blocks.0 expand": the stage or layer, the block of a stage, the part. */
  function path(label) {
    const [layer, ...part] = label.split(' ');
    const [, stage, block] = layer.match(/^(stages\.\d+)\.(.+)$/) ?? [null, layer, ''];
    return [stage, block, part.join(' ')];
  }

  /** What a step does, whichever back end names it; in the order of the legend. */
  const KINDS = [
    ['partial convolution', /partial convolution$| pconv$/],
    ['expansion', /expan/],
    ['projection', /project/],
    ['block', / block$/],
    ['patch convolution', /^patch_embed|^stages\.\d+( merging convolution)?$/],
    ['head', /^pool|^head/],
    ['other', /./],
  ];
  const kindOf = label => KINDS.findIndex(([, pattern]) => pattern.test(label));

  /** A step's figures in words. */
  function told({values, busyMillis}) {
    const figures = [
      number(values.p50_ms) + ' ms', number(values.share_percent) + ' % of the time',
      values.gflop_per_s > 0 && number(values.gflop_per_s) + ' GFLOP/s',
      values.roof_percent !== undefined && number(values.roof_percent) + ' % of the roofline',
      busyMillis && 'threads computed ' + busyMillis.map(number).join(', ') + ' ms',
    ];
    return figures.filter(Boolean).join(', ');
  }

  /** Networks as bars, the nested parts of each below the whole: where the time of a run went. */
  function steps(all) {
    const networks = new Map();
    for (const line of all) {
      const {step, ...network} = line.subject;
      networks.set(JSON.stringify(network), [...(networks.get(JSON.stringify(network)) ?? []), line]);
    }
    const groups = [...networks.values()].slice(0, MOST_FLAMES);
    const {name, common} = naming(groups.map(([first]) => first), ['step']);
    const flames = groups.map(lines => {
      let at = 0;
      return {
        label: name(lines[0]),
        leaves: lines.map(line => {
          const from = at;
          at += line.values.p50_ms;
          const label = line.subject.step;
          return {
            names: path(label), from, to: at, kind: kindOf(label), busy: (line.values.busy_percent ?? 100) / 100,
            tip: label + ': ' + told(line),
          };
        }),
      };
    });
    return groups.length > 0 && {
      title: 'Where the time of a run goes', common, lines: groups.map(([first]) => first), wide: true,
      caption: 'Median time of each step, to scale, from the first to the last: stages, their blocks, and the parts of these. The '
          + 'pale end of a part is the time in which threads waited for each other, on the average. The table of steps has the '
          + 'figures.' + (networks.size > MOST_FLAMES ? ` Not shown: ${networks.size - MOST_FLAMES} more networks.` : ''),
      plot: Plots.flames(flames, KINDS.map(([kind]) => kind), 'ms'),
    };
  }

  const CHARTS = {
    latency: latencies,
    steps,
    load: scenarios,
    throughput: bars('images_per_s', 'images/s', 'Throughput: images per second', line => !isLoad(line),
        'Images in one run divided by its mean latency; more is better.'),
    samples: bars('samples_per_s', 'images/s', 'Throughput under load: images answered per second', isLoad,
        'Images that were answered divided by the time that took; more is better.'),
    ratio: bars('ratio', 'ratio', 'Latency relative to the first of each group', () => true,
        'Median over the rounds of this latency divided by that of the first line of its group, measured in turn; less is '
        + 'better.'),
    peaks: bars('gflop_per_s', 'GFLOP/s', 'Peak rates of multiply-adds', isPeak,
        'Operations per second, two per multiply-add, of independent multiply-adds on registers; more is better.'),
    bandwidths: bars('gb_per_s', 'GB/s', 'Bandwidth of each level of memory', isPeak,
        'Bytes read and written per second, in units of 10\u2079; more is better.'),
    roofline,
    threads,
    batches,
    tradeoff,
    precisions,
  };

  /** Adds a figure for each chart there is data for, and draws them again when the page's width or colours change. */
  function draw(report, dimensions, page) {
    order = dimensions;
    const {measurements} = report;
    const others = new Map([[roofline, [...measurements, ...report.ceilings]], [steps, report.steps ?? []]]);
    const charts = Object.entries(CHARTS)
        .map(([id, make]) => ({id, ...make(others.get(make) ?? measurements)}))
        .filter(chart => chart.plot);
    charts.forEach(chart => page.append(frame(chart)));
    charts.forEach(render);
    const resized = new ResizeObserver(() => charts.filter(chart => chart.box.clientWidth !== chart.width).forEach(render));
    resized.observe(page);
    for (const query of ['(prefers-color-scheme: dark)', 'print']) {
      matchMedia(query).addEventListener('change', () => charts.forEach(render));
    }
  }

  function frame(chart) {
    const add = (parent, tag, className, text) => parent.appendChild(
        Object.assign(document.createElement(tag), {className, textContent: text}));
    chart.figure = document.createElement('figure');
    chart.figure.id = 'chart-' + chart.id;
    chart.figure.classList.toggle('wide', Boolean(chart.wide));
    const title = add(chart.figure, 'h2', '', chart.title + ' ');
    // To be copied: the chart's own address.
    Object.assign(add(title, 'a', 'link', '#'), {href: '#' + chart.figure.id, title: 'This chart'});
    if (chart.common) {
      add(chart.figure, 'p', 'common', 'All: ' + chart.common);
    }
    chart.box = add(chart.figure, 'div', '', '');
    chart.box.setAttribute('role', 'img');
    chart.box.setAttribute('aria-label', chart.title);
    chart.legend = add(chart.figure, 'ul', 'legend', '');
    const left = chart.lines.length - MOST_ROWS;
    add(chart.figure, 'figcaption', '', chart.caption
        + (left > 0 && chart.id !== 'roofline' ? ` Not shown: ${left} more, which the table below has.` : ''));
    return chart.figure;
  }

  function render(chart) {
    chart.drawn?.dispose();
    chart.width = chart.box.clientWidth;
    const {height, option, legend = []} = chart.plot(chart.width, Plots.theme());
    chart.box.style.height = height + 'px';
    chart.drawn = echarts.init(chart.box, null, {renderer: 'svg'});
    chart.drawn.setOption(option);
    chart.legend.replaceChildren(...(legend.length < 2 ? [] : legend).map(entry => {
      const mark = Object.assign(document.createElement('span'), {textContent: entry.mark + ' '});
      mark.style.color = entry.color;
      const item = document.createElement('li');
      item.append(mark, entry.name);
      return item;
    }));
  }

  return {draw, number};
})();
