/**
 * What can be computed in and what was compiled: precisions, element types, plans, what a back end says of itself. Data only:
 * what computes is a back end.
 */
package org.fasternet.compute;
