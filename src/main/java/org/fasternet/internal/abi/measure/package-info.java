/**
 * What the benchmarks call of the C interface, without a type of JavaCPP's in a signature: exported to the tools alone. What a
 * network needs to run does not belong here.
 */
package org.fasternet.internal.abi.measure;
