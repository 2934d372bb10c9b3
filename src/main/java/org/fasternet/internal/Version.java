package org.fasternet.internal;

/** What this library is called in files and reports. */
public final class Version {
    private Version() {
    }

    /** The version in the jar's manifest, or {@code unpackaged} when the classes are not in a jar. */
    public static String library() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
