/**
 * The benchmarks: one class for each kind, which turns what the packages below measure into lines of a report. Options and
 * output belong to {@code cli.bench}.
 */
package org.fasternet.tools.bench;
