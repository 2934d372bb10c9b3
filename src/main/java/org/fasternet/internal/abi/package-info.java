/**
 * The C interface of {@code libfasternet}, by JNI or java.lang.foreign: loading, calling, checking. JavaCPP is touched here
 * and in back ends, nowhere else.
 */
package org.fasternet.internal.abi;
