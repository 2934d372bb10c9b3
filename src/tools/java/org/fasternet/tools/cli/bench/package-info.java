/**
 * The commands below {@code fasternet bench}: options and tables. What is measured, and how, belongs to {@link
 * org.fasternet.tools.bench}.
 */
package org.fasternet.tools.cli.bench;
