/**
 * A report and its forms as JSON, CSV and HTML, with the machine it was measured on. It knows no benchmark: what is measured
 * comes as dimensions and metrics.
 */
package org.fasternet.tools.bench.report;
