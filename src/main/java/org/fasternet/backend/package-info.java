/** What computes: the interface of back ends, and the choice of one. */
package org.fasternet.backend;
