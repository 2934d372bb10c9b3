/** From a chain of layers to a list of operations on planned buffers. */
package org.fasternet.schedule;
