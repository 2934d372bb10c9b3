/** What the system tells of the machine while something is measured: energy, and where memory lies. */
package org.fasternet.tools.bench.machine;
