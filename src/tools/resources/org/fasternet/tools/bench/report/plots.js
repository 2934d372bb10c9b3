// The kinds of plots, each from plain data to what ECharts draws: {height, option, legend} for a width in pixels.
'use strict';
const Plots = (() => {
  const FONT = 12;
  const ROOF = {left: 62, right: 18, top: 24, bottom: 46};
  const SYMBOLS = {circle: '\u25cf', diamond: '\u25c6', triangle: '\u25b2', rect: '\u25a0'};
  const SYMBOL_NAMES = Object.keys(SYMBOLS);
  const pen = document.createElement('canvas').getContext('2d');

  /** Four significant digits, and no fewer than the whole number has: as in the table of the command line. */
  function number(value) {
    if (Number.isInteger(value) && Math.abs(value) < 1e15) {
      return value.toFixed(0);
    }
    return value.toFixed(Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))))));
  }

  function textWidth(text) {
    pen.font = FONT + 'px system-ui, sans-serif';
    return pen.measureText(text).width;
  }

  const widest = texts => Math.max(0, ...texts.map(textWidth));

  /** Colours of the page as it is shown now, light or dark. */
  function theme() {
    const style = getComputedStyle(document.documentElement);
    const color = name => style.getPropertyValue('--' + name).trim();
    const series = [1, 2, 3, 4, 5, 6, 7].map(i => color('series-' + i));
    return {text: color('text'), muted: color('muted'), line: color('line'), panel: color('panel'), page: color('page'), series};
  }

  /** Colour and symbol of the i-th series; both repeat, but not together. */
  function look(i, colors) {
    return {color: colors.series[i % 7], symbol: SYMBOL_NAMES[i % SYMBOL_NAMES.length]};
  }

  const legendOf = (names, colors) => names.map((name, i) => {
    const {color, symbol} = look(i, colors);
    return {name, color, mark: SYMBOLS[symbol]};
  });

  function base(colors) {
    return {
      animation: false,
      textStyle: {fontFamily: 'system-ui, sans-serif', fontSize: FONT, color: colors.text},
      // Rich text is drawn, not parsed as HTML.
      tooltip: {renderMode: 'richText', confine: true, formatter: item => item.data?.tip ?? item.name},
    };
  }

  function valueAxis(colors, name, type, more) {
    return {
      type, name, nameLocation: 'middle', nameGap: 28, nameTextStyle: {color: colors.muted},
      axisLine: {show: false}, axisTick: {show: false},
      axisLabel: {color: colors.muted, hideOverlap: true, formatter: v => String(+v.toPrecision(6))},
      splitLine: {lineStyle: {color: colors.line}}, ...more,
    };
  }

  /** The limits of a logarithmic axis: whole decades around the values. */
  function decades(values) {
    return {
      min: 10 ** Math.floor(Math.log10(Math.min(...values)) + 1e-9),
      max: 10 ** Math.ceil(Math.log10(Math.max(...values)) - 1e-9),
    };
  }

  /** Rows with their names on the left, which wrap where they are long, and room for texts on the right. */
  function rows(labels, texts, barHeight, width, colors, axis) {
    const labelWidth = Math.ceil(Math.min(widest(labels) + 4, width * 0.4));
    const lines = Math.max(1, ...labels.map(label => Math.ceil(textWidth(label) * 1.15 / labelWidth)));
    const rowHeight = Math.max(barHeight, lines * 15 + 6);
    return {
      height: labels.length * rowHeight + 62,
      option: {
        ...base(colors),
        grid: {left: labelWidth + 10, right: widest(texts) + 18, top: 8, bottom: 46},
        yAxis: {
          type: 'category', data: labels, inverse: true, axisTick: {show: false}, axisLine: {lineStyle: {color: colors.line}},
          axisLabel: {color: colors.text, width: labelWidth, overflow: 'break', lineHeight: 15, interval: 0},
        },
        xAxis: axis,
      },
    };
  }

  const rightLabel = colors => ({show: true, position: 'right', color: colors.text, formatter: item => item.data.text});

  /** One bar a row: rows of {label, value, text}. */
  function bars(data, unit) {
    return (width, colors) => {
      const axis = valueAxis(colors, unit, 'value', {min: 0});
      const plot = rows(data.map(d => d.label), data.map(d => d.text), 26, width, colors, axis);
      plot.option.series = [{
        type: 'bar', barMaxWidth: 18, itemStyle: {color: colors.series[0]}, label: rightLabel(colors),
        data: data.map(d => ({value: d.value, text: d.text, tip: d.label + ': ' + d.text + ' ' + unit})),
      }];
      return plot;
    };
  }

  /** Bars side by side in a row: series of {name, values, texts}, with null where a row has none. */
  function groups(labels, series, unit) {
    return (width, colors) => {
      const plot = rows(labels, series.flatMap(s => s.texts), 20 * series.length + 10, width, colors,
          valueAxis(colors, unit, 'value', {min: 0}));
      plot.option.series = series.map((s, i) => ({
        name: s.name, type: 'bar', barMaxWidth: 18, barGap: '8%', itemStyle: {color: look(i, colors).color},
        label: rightLabel(colors),
        data: s.values.map((value, k) => ({value, text: s.texts[k], tip: labels[k] + ' ' + s.name + ': ' + s.texts[k]})),
      }));
      plot.legend = series.map((s, i) => ({name: s.name, color: look(i, colors).color, mark: SYMBOLS.rect}));
      return plot;
    };
  }

  /** A range a row with marks in it: rows of {label, text, from, to, marks}, marks in the order of names, undefined if absent. */
  function ranges(data, names, unit) {
    return (width, colors) => {
      const ends = data.flatMap(d => [d.from, d.to, ...d.marks.filter(mark => mark !== undefined)]);
      const logarithmic = Math.max(...ends) > 30 * Math.min(...ends);
      const axis = valueAxis(colors, unit + (logarithmic ? ', logarithmic' : ''), logarithmic ? 'log' : 'value',
          logarithmic ? decades(ends) : {min: 0});
      const plot = rows(data.map(d => d.label), data.map(d => d.text), 26, width, colors, axis);
      const range = {
        type: 'custom', silent: true, data: data.map((d, i) => [d.from, d.to, i]), encode: {x: [0, 1], y: 2}, clip: true,
        renderItem: (parameters, api) => {
          const [x1, y] = api.coord([api.value(0), api.value(2)]);
          const [x2] = api.coord([api.value(1), api.value(2)]);
          const style = {stroke: colors.muted, lineWidth: 2};
          const stroke = (a, b, c, d) => ({type: 'line', shape: {x1: a, y1: b, x2: c, y2: d}, style});
          return {type: 'group', children: [stroke(x1, y, x2, y), stroke(x1, y - 4, x1, y + 4), stroke(x2, y - 4, x2, y + 4)]};
        },
      };
      const marks = names.map((name, k) => ({
        name, type: 'scatter', symbolSize: k === 0 ? 12 : 8, ...plain(look(k, colors)),
        data: data.map((d, i) => ({value: [d.marks[k], i], tip: `${d.label} ${name}: ${number(d.marks[k] ?? 0)} ${unit}`}))
            .filter(point => point.value[0] !== undefined),
      }));
      // The text stands beside the range, where no mark can be.
      const texts = {
        type: 'scatter', symbolSize: 0.1, silent: true, itemStyle: {opacity: 1}, label: {...rightLabel(colors), distance: 8},
        data: data.map((d, i) => ({value: [Math.max(d.to, ...d.marks.filter(mark => mark !== undefined)), i], text: d.text})),
      };
      // The first name's marks last, so that they lie on top.
      plot.option.series = [range, texts, ...marks.reverse()];
      plot.legend = legendOf(names, colors);
      return plot;
    };
  }

  /** Lines over equally spaced values of x: series of {name, values}; ideal is a dashed line, if given. */
  function curves(xs, xName, yName, series, ideal) {
    return (width, colors) => ({
      height: 300,
      option: {
        ...base(colors),
        grid: {left: 58, right: 18, top: 14, bottom: 46},
        xAxis: {
          type: 'category', data: xs.map(String), name: xName, nameLocation: 'middle', nameGap: 28,
          nameTextStyle: {color: colors.muted}, axisLabel: {color: colors.muted}, axisLine: {lineStyle: {color: colors.line}},
        },
        yAxis: valueAxis(colors, yName, 'value', {min: 0, nameGap: 40}),
        series: [
          ...series.map((s, i) => ({
            name: s.name, type: 'line', symbolSize: 9, ...plain(look(i, colors)),
            data: s.values.map((value, k) => ({value, tip: s.name + ', ' + xs[k] + ' ' + xName + ': ' + number(value ?? 0)})),
            connectNulls: true,
          })),
          ...(ideal ? [dashed(ideal, colors)] : []),
        ],
      },
      legend: legendOf(series.map(s => s.name), colors)
          .concat(ideal ? {name: 'ideal', color: colors.muted, mark: '\u2504'} : []),
    });
  }

  /** Points joined in their order: series of {name, points}, points of {x, y, text, tip}; x is logarithmic, to the base of 2. */
  function paths(xName, yName, series) {
    return (width, colors) => {
      const xs = series.flatMap(s => s.points.map(p => p.x));
      const limits = {min: 2 ** Math.floor(Math.log2(Math.min(...xs))), max: 2 ** Math.ceil(Math.log2(Math.max(...xs)) + 1e-9)};
      return {
        height: 360,
        option: {
          ...base(colors),
          grid: {left: 62, right: 24, top: 24, bottom: 46},
          xAxis: valueAxis(colors, xName + ', logarithmic', 'log', {logBase: 2, ...limits}),
          yAxis: valueAxis(colors, yName, 'value', {min: 0, nameGap: 44}),
          series: series.map((s, i) => ({
            name: s.name, type: 'line', symbolSize: 9, ...plain(look(i, colors)),
            data: s.points.map(p => ({value: [p.x, p.y], text: p.text, tip: p.tip})),
            label: {show: true, position: 'top', color: colors.muted, formatter: item => item.data.text},
            labelLayout: {hideOverlap: true},
          })),
        },
        legend: legendOf(series.map(s => s.name), colors),
      };
    };
  }

  const dashed = (data, colors) =>
    ({type: 'line', data, symbol: 'none', silent: true, lineStyle: {color: colors.muted, type: 'dashed'}});

  const plain = ({color, symbol}) => ({symbol, itemStyle: {color, opacity: 1}, lineStyle: {color, width: 2}});

  /**
   * The roofline of Williams, Waterman and Patterson: bandwidths and peaks of {name, value} in GB/s and GFLOP/s, series of
   * {name, points}, points of {name, x, y}.
   */
  function roofline(bandwidths, peaks, series) {
    return (width, colors) => {
      const points = series.flatMap(s => s.points);
      const top = Math.max(...peaks.map(p => p.value), ...points.map(p => p.y), 1);
      const ridges = bandwidths.flatMap(b => peaks.map(p => p.value / b.value));
      const sides = ridges.length > 0 ? ridges.flatMap(r => [r / 4, r * 4]) : [0.1, 100];
      const x = decades([...points.map(p => p.x), ...sides]);
      const floors = [...points.map(p => p.y), ...peaks.map(p => p.value), ...bandwidths.map(b => b.value * x.min)];
      const y = decades([...floors, top]);
      const ridge = peak => bandwidths.length > 0 ? Math.min(...bandwidths.map(b => peak / b.value)) : x.min;
      const height = Math.min(460, Math.max(340, width * 0.6));
      const decadePixels = (limits, pixels) => pixels / Math.log10(limits.max / limits.min);
      const angle = Math.atan(decadePixels(y, height - ROOF.top - ROOF.bottom) / decadePixels(x, width - ROOF.left - ROOF.right));
      const decade = decadePixels(y, height - ROOF.top - ROOF.bottom);
      const shifts = alongLines(bandwidths, Math.cos(angle) * decade);
      const peakShifts = alongLines(peaks, decade);
      // A slope's name lies along it from its lower end, a peak's over its right end.
      const slopeName = {align: 'left', rotate: angle * 180 / Math.PI, offset: [6, -5]};
      const peakName = shift => ({align: 'right', offset: [-4 - shift, -4]});
      const ceiling = (name, ends, coord, place) => ({
        type: 'line', data: ends, symbol: 'none', silent: true, lineStyle: {color: colors.muted, width: 1.5},
        markPoint: {
          symbol: 'circle', symbolSize: 0.1, silent: true,
          data: [{coord, label: {
            show: true, formatter: name, color: colors.text, fontSize: 11, position: [0, 0], verticalAlign: 'bottom', ...place}}],
        },
      });
      return {
        height,
        option: {
          ...base(colors),
          grid: ROOF,
          xAxis: valueAxis(colors, 'FLOP per byte, logarithmic', 'log', x),
          yAxis: valueAxis(colors, 'GFLOP/s, logarithmic', 'log', {...y, nameGap: 46}),
          series: [
            ...bandwidths.map((b, i) => {
              const ends = slope(b.value, x.min, y.min, top);
              const right = ends[0][0] * 10 ** (shifts[i] * Math.cos(angle) / decadePixels(x, width - ROOF.left - ROOF.right));
              return ceiling(b.name, ends, [right, right * b.value], slopeName);
            }),
            ...peaks.map((p, i) => ceiling(
                p.name, [[ridge(p.value), p.value], [x.max, p.value]], [x.max, p.value], peakName(peakShifts[i]))),
            ...series.map((s, i) => ({
              name: s.name, type: 'scatter', symbolSize: 10, ...plain(look(i, colors)),
              data: s.points.map(p => ({value: [p.x, p.y], tip: `${p.name}: ${number(p.y)} GFLOP/s at ${number(p.x)} FLOP/B`})),
            })),
          ],
        },
        legend: legendOf(series.map(s => s.name), colors),
      };
    };
  }

  /**
   * Nested bars, as long as they take: flames of {label, leaves}, leaves of {names, from, to, kind, busy, tip} in the order of
   * time, names from the outermost to the leaf's own. Leaves have the colour of their kind, and are pale in the part not busy.
   */
  function flames(data, kinds, unit) {
    const ROW = 24, GAP = 16, TITLE = 26;
    const depth = Math.max(...data.flatMap(d => d.leaves.map(leaf => leaf.names.length)));
    const heightOf = TITLE + depth * ROW + GAP;
    return (width, colors) => {
      const end = Math.max(...data.flatMap(d => d.leaves.map(leaf => leaf.to)));
      const boxes = data.flatMap((d, i) => {
        const levels = [...Array(depth).keys()].map(level => spans(d.leaves, level, depth));
        return levels.flat().map(span => ({...span, top: i * heightOf + TITLE + span.level * ROW}));
      });
      const x = value => 8 + (width - 24) * value / end;
      const box = ({top, from, to, level, name, leaf, shade}) => {
        const [left, right] = [x(from), Math.max(x(from) + 0.5, x(to) - 0.75)];
        const bar = (begin, finish, style) => ({
          type: 'rect', silent: false, shape: {x: begin, y: top, width: Math.max(0, finish - begin), height: ROW - 2}, style});
        const fill = leaf ? look(leaf.kind, colors).color : shade ? colors.line : colors.muted;
        const middle = leaf ? left + (right - left) * leaf.busy : right;
        const room = right - left - 6;
        const text = textWidth(name) <= room ? name : '';
        return {
          type: 'group',
          children: [
            bar(left, right, {fill, opacity: leaf ? 0.35 : shade ? 1 : 0.35}), ...(leaf ? [bar(left, middle, {fill})] : []),
            ...(text ? [{type: 'text', silent: true, style: {
              text, x: left + 4, y: top + ROW / 2 - 1, verticalAlign: 'middle', fontSize: FONT,
              fill: leaf ? colors.page : colors.text}}] : []),
          ],
        };
      };
      const titles = data.map((d, i) => ({
        type: 'text', silent: true, style: {text: d.label, x: 8, y: i * heightOf + 8, fill: colors.text, fontSize: FONT, fontWeight: 600}}));
      const height = data.length * heightOf + 40;
      return {
        height,
        option: {
          ...base(colors),
          graphic: titles,
          grid: {left: 8, right: 16, top: 0, bottom: 40},
          xAxis: valueAxis(colors, unit, 'value', {min: 0, max: end, axisLabel: {
            color: colors.muted, hideOverlap: true, showMaxLabel: false, formatter: v => String(+v.toPrecision(6))}}),
          yAxis: {show: false, min: 0, max: 1},
          series: [{
            type: 'custom', encode: {x: 0, y: 1}, clip: false,
            data: boxes.map(each => ({value: [each.from, 0], tip: each.tip})),
            renderItem: params => box(boxes[params.dataIndex]),
          }],
        },
        legend: kinds.map((name, i) => ({name, color: look(i, colors).color, mark: SYMBOLS.rect}))
            .filter((_, kind) => data.some(d => d.leaves.some(leaf => leaf.kind === kind))),
      };
    };
  }

  /** Leaves that follow each other and have the same names down to a level, as one; every second is shaded. */
  function spans(leaves, level, depth) {
    const found = [];
    for (const leaf of leaves) {
      const key = leaf.names.slice(0, level + 1).join(' ');
      const last = found[found.length - 1];
      if (level < depth - 1 && last?.key === key) {
        last.to = leaf.to;
      } else {
        found.push({
          key, level, from: leaf.from, to: leaf.to, name: leaf.names[level], leaf: level === depth - 1 ? leaf : undefined,
          shade: found.length % 2 === 0});
      }
    }
    return found.filter(span => span.leaf || span.name !== '').map(span => ({
      ...span, tip: span.leaf?.tip ?? `${span.key}: ${number(span.to - span.from)} ms`}));
  }

  /**
   * By how many pixels the names of parallel lines are moved along them, so that none lies on another: the name of a line that is
   * close under the one before begins where that one's ends.
   *
   * @param decade pixels between lines of which one has ten times the value
   */
  function alongLines(lines, decade) {
    const order = lines.map((line, i) => i).sort((i, j) => lines[j].value - lines[i].value);
    const shifts = lines.map(() => 0);
    order.slice(1).forEach((index, k) => {
      const above = order[k];
      const distance = Math.log10(lines[above].value / lines[index].value) * decade;
      shifts[index] = distance < FONT + 4 ? shifts[above] + textWidth(lines[above].name) + 10 : 0;
    });
    return shifts;
  }

  /** What a bandwidth feeds, from the left edge or the bottom to the highest peak. */
  function slope(bandwidth, left, bottom, top) {
    const start = Math.max(left, bottom / bandwidth);
    return [[start, start * bandwidth], [top / bandwidth, top]];
  }

  return {number, theme, bars, groups, ranges, curves, paths, roofline, flames};
})();
