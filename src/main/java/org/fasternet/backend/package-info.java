/**
 * The list of back ends and the choice of one. A back end itself is a package below this one, what it has to offer is {@code
 * spi}.
 */
package org.fasternet.backend;
