package org.fasternet.tools.bench.report;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.fasternet.tools.bench.machine.SystemFiles;

/**
 * Time of the CPUs that the process may run on, together, in ticks.
 *
 * @param busy in which they had work
 * @param idle in which they had none
 * @param stolen in which they had work and the hypervisor ran something else
 * @param own in which they worked for this process
 */
record CpuTime(double busy, double idle, double stolen, double own) {
    private static final String ALL = "cpu";
    /** Of {@code /proc/self/stat}, counted from the field after the program's name in parentheses. */
    private static final int UTIME = 11;
    private static final int STIME = 12;

    /** Since the machine, and the process, started; empty if the system does not say. */
    static Optional<CpuTime> read(SystemFiles files) {
        Optional<Double> own = own(files);
        Set<String> cpus = allowed(files);
        double[] sums = files.text("/proc/stat").stream().flatMap(String::lines)
                .map(line -> line.split(" +"))
                .filter(fields -> cpus.contains(fields[0]) && fields.length > 8)
                .map(fields -> Arrays.stream(fields).skip(1).mapToDouble(Double::parseDouble).toArray())
                .reduce(CpuTime::sum).orElse(null);
        // The fields are user, nice, system, idle, iowait, irq, softirq, steal, and guest times that user has already.
        return sums == null || own.isEmpty() ? Optional.empty() : Optional.of(new CpuTime(
                sums[0] + sums[1] + sums[2] + sums[5] + sums[6], sums[3] + sums[4], sums[7], own.get()));
    }

    CpuTime since(CpuTime start) {
        return new CpuTime(busy - start.busy, idle - start.idle, stolen - start.stolen, own - start.own);
    }

    /** The share of all time in which the CPUs worked for others. */
    double othersShare() {
        return (busy - own) / Math.max(1, busy + idle + stolen);
    }

    /** The share of the time in which they had work. */
    double stolenShare() {
        return stolen / Math.max(1, busy + stolen);
    }

    private static double[] sum(double[] a, double[] b) {
        return IntStream.range(0, Math.min(a.length, b.length)).mapToDouble(i -> a[i] + b[i]).toArray();
    }

    private static Optional<Double> own(SystemFiles files) {
        return files.text("/proc/self/stat").map(text -> text.substring(text.lastIndexOf(')') + 1).strip().split(" "))
                .filter(fields -> fields.length > STIME)
                .map(fields -> Double.parseDouble(fields[UTIME]) + Double.parseDouble(fields[STIME]));
    }

    /** The names of their lines in {@code /proc/stat}. */
    private static Set<String> allowed(SystemFiles files) {
        Set<String> names = files.text("/proc/self/status").stream().flatMap(String::lines)
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .flatMap(line -> Stream.of(line.substring(line.indexOf(':') + 1).strip().split(",")))
                .flatMap(CpuTime::range)
                .collect(Collectors.toSet());
        return names.isEmpty() ? Set.of(ALL) : names;
    }

    /** From {@code 5} or {@code 3-6}. */
    private static Stream<String> range(String text) {
        String[] ends = text.split("-");
        return IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])).mapToObj(i -> ALL + i);
    }
}
