package org.fasternet.tools.bench.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a report was measured on.
 *
 * @param time when it began, ISO 8601 in UTC
 * @param cpu model name
 * @param isas instruction sets that may be used here, least demanding first
 * @param features instruction set extensions that matter here
 * @param cpus how many CPUs may be used, and what limits them
 * @param usableCpus their number
 * @param quota CPUs' worth of time that the control group allows, 0 without a limit
 * @param frequencyMhz the first usable CPU's frequency when the benchmark began; null if the system does not say
 * @param governor its frequency governor; null if the system does not say
 * @param cacheBytes size of the data or unified cache of each level, level 1 first
 * @param memoryBytes memory that the process may use, by the machine and its control group; 0 if the system does not say
 * @param kernel operating system and version
 * @param jvm virtual machine and version
 * @param fasternet version of this library
 * @param onednn version of oneDNN; null where it cannot be used
 * @param gpus each that can be used, by its number, with its clocks and driver; none in reports of before 0.2
 * @param gpuStates clock, temperature and power of each when the benchmark ended; none in reports of before 0.2
 * @param binding how native code is called: {@code jni} or {@code ffm}
 * @param pinning which CPUs the process may run on, and what binds its threads to them
 * @param loadStart load average of the last minute at the start; negative if the system does not say
 * @param loadEnd the same at the end
 * @param warnings sentences on what makes all figures less trustworthy
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Environment(
        String time, String cpu, List<String> isas, List<String> features, String cpus, int usableCpus, double quota,
        Double frequencyMhz, String governor, List<Long> cacheBytes, long memoryBytes, String kernel, String jvm,
        String fasternet, String onednn, @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> gpus,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> gpuStates, String binding, String pinning, double loadStart, double loadEnd,
        List<String> warnings) {
    public Environment {
        Map<String, Object> required = new LinkedHashMap<>();
        required.put("time", time);
        required.put("cpu", cpu);
        required.put("cpus", cpus);
        required.put("kernel", kernel);
        required.put("jvm", jvm);
        required.put("fasternet", fasternet);
        required.put("binding", binding);
        required.put("pinning", pinning);
        required.forEach(Fields::present);
        isas = Fields.list("isas", isas);
        features = Fields.list("features", features);
        Fields.finite("quota", quota);
        cacheBytes = Fields.list("cacheBytes", cacheBytes);
        gpus = gpus == null ? List.of() : Fields.list("gpus", gpus);
        gpuStates = gpuStates == null ? List.of() : Fields.list("gpuStates", gpuStates);
        Fields.finite("loadStart", loadStart);
        Fields.finite("loadEnd", loadEnd);
        warnings = Fields.list("warnings", warnings);
    }
}
