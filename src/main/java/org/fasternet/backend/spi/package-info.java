/**
 * What a back end has to offer, and what it may ask of nobody: all that a back end knows of a caller comes by these types.
 */
package org.fasternet.backend.spi;
