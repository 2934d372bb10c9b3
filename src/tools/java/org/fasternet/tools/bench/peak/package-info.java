/**
 * What the CPU can do at most, measured: multiply-adds on registers, bytes from each level of memory, and their roofline.
 * Which benchmark is a share of it belongs to {@link org.fasternet.tools.bench}.
 */
package org.fasternet.tools.bench.peak;
