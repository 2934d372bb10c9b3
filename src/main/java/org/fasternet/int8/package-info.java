/** The whole numbers that a quantized network is computed by: one place for all back ends and for files. */
package org.fasternet.int8;
