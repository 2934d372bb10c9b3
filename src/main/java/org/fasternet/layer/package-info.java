/** What a network is made of: immutable layers with their weights, which a back end compiles. */
package org.fasternet.layer;
