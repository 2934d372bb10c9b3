/** What the CPU can do at most, measured: multiply-adds on registers, bytes from each level of memory, and their roofline. */
package org.fasternet.tools.bench.peak;
