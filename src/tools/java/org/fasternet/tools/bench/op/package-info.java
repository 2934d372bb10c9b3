/**
 * The operators that FasterNet is built of and those that it is compared with, each alone: what the operator benchmark times.
 * How times are taken belongs to {@code timing}.
 */
package org.fasternet.tools.bench.op;
