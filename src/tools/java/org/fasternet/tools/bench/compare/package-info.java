/** Whether one report is faster than another. Nothing is measured here. */
package org.fasternet.tools.bench.compare;
