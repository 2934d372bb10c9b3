/** The time from the start of a process to the first result of a network. */
package org.fasternet.tools.bench.start;
