package org.fasternet.compute;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A back end, and what it can do on this machine. May be asked from any thread. */
public interface BackendInfo {
    /** As in options and reports. */
    String name();

    /** What it computes on. */
    Processor processor();

    /** Why it cannot be used on this machine, in one sentence; empty if it can. */
    Optional<String> unavailable();

    /** The library that computes and its version, such as {@code oneDNN 3.11.0}. Only for a back end that is available. */
    String version();

    /** The instruction set it uses on this machine. Only for a back end that is available. */
    String isa();

    /**
     * The devices that it computes on, by their numbers, each in words: name, size, clock, driver; none if it computes on the CPU.
     * Only for a back end that is available.
     */
    default List<String> devices() {
        return List.of();
    }

    /**
     * What each of {@link #devices} is at right now: clock, temperature, power, or why they cannot be read. Only for a back end that is
     * available.
     */
    default List<String> deviceStates() {
        return List.of();
    }

    /** What it has kernels for, on some machine. Only for a back end that is available. */
    Set<Precision> precisions();

    /** Why it cannot compute in {@code precision} with the best ISA here, in one sentence; empty if it can. */
    Optional<String> refuses(Precision precision);
}
