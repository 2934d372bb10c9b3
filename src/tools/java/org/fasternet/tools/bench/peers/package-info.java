/**
 * The same network computed by other libraries, to compare this one with; their jars are optional, and used nowhere else.
 */
package org.fasternet.tools.bench.peers;
