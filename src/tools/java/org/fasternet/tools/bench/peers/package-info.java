/** The same network computed by other libraries, to compare this one with; their jars are optional. */
package org.fasternet.tools.bench.peers;
