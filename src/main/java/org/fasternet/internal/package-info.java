/**
 * What several packages use and no application should: direct buffers, resources that are released together, the version.
 */
package org.fasternet.internal;
