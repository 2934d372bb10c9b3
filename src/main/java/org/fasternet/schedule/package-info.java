/**
 * From a chain of layers to a list of operations on planned buffers, for back ends that run one after the other. Which library
 * runs a step is theirs to say.
 */
package org.fasternet.schedule;
