/**
 * What a network is made of: its configuration, and immutable layers with their weights, which a back end compiles. How one is
 * computed does not belong here.
 */
package org.fasternet.layer;
