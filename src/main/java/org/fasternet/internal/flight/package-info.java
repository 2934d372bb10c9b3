/**
 * Events for Java Flight Recorder. Only {@link org.fasternet.internal.flight.Flight} may be used where {@code jdk.jfr} may be
 * absent.
 */
package org.fasternet.internal.flight;
