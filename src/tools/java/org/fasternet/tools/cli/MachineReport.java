package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.Hardware;
import org.fasternet.Library;
import org.fasternet.compute.BackendInfo;
import org.fasternet.compute.Precision;

/** The versions, the CPU, and which back ends can be used on it. */
record MachineReport(Hardware hardware) {
    void print(PrintWriter out) {
        TextFields fields = new TextFields(out);
        fields.field("fasternet", Library.version() + ", Java " + System.getProperty("java.version"));
        fields.field("native calls", Library.binding());
        fields.field("CPU", hardware.cpuModel());
        fields.field("CPUs used", hardware.cpus().reason());
        fields.field("features", String.join(" ", hardware.cpuFeatures()));
        fields.field("ISA", hardware.isa() + ", the best of " + String.join(", ", hardware.isas()));
        fields.field("caches", caches());
        for (BackendInfo backend : Library.backends()) {
            Optional<String> unavailable = backend.unavailable();
            fields.field("back end", backend.name() + ": " + unavailable.orElseGet(() -> describe(backend)));
            if (unavailable.isEmpty()) {
                List<String> devices = backend.devices();
                List<String> states = backend.deviceStates();
                for (int i = 0; i < devices.size(); i++) {
                    fields.field("device " + i, devices.get(i) + "; now " + states.get(i));
                }
            }
        }
    }

    private String caches() {
        List<String> caches = new ArrayList<>();
        for (long bytes : hardware.cacheBytes()) {
            caches.add("L" + (caches.size() + 1) + " " + (bytes < 1 << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB"));
        }
        return caches.isEmpty() ? "not known" : String.join(", ", caches);
    }

    private static String describe(BackendInfo backend) {
        StringBuilder text = new StringBuilder(backend.version() + ", " + backend.isa());
        for (Precision precision : backend.precisions()) {
            text.append(", ").append(backend.refuses(precision).map(reason -> "no " + precision.id() + " (" + reason + ")")
                    .orElse(precision.id()));
        }
        return text.toString();
    }

    ObjectNode json() {
        ObjectNode root = Json.object();
        root.putObject("version").put("fasternet", Library.version()).put("java", System.getProperty("java.version"));
        root.put("binding", Library.binding());
        ObjectNode cpu = root.putObject("hardware").put("cpu", hardware.cpuModel());
        hardware.cpuFeatures().forEach(cpu.putArray("features")::add);
        cpu.put("isa", hardware.isa());
        hardware.isas().forEach(cpu.putArray("isas")::add);
        hardware.cacheBytes().forEach(cpu.putArray("cacheBytes")::add);
        Hardware.Cpus cpus = hardware.cpus();
        cpu.putObject("cpus")
                .put("online", cpus.online())
                .put("affinity", cpus.affinity())
                .put("quota", cpus.quota())
                .put("usable", cpus.usable())
                .put("reason", cpus.reason());
        ArrayNode backends = root.putArray("backends");
        Library.backends().forEach(backend -> describe(backend, backends.addObject()));
        return root;
    }

    private static void describe(BackendInfo backend, ObjectNode json) {
        Optional<String> unavailable = backend.unavailable();
        json.put("name", backend.name()).put("usable", unavailable.isEmpty());
        unavailable.ifPresentOrElse(reason -> json.put("reason", reason), () -> {
            json.put("version", backend.version()).put("isa", backend.isa());
            backend.devices().forEach(json.putArray("devices")::add);
            backend.deviceStates().forEach(json.putArray("deviceStates")::add);
            ArrayNode precisions = json.putArray("precisions");
            backend.precisions().forEach(precision -> {
                Optional<String> refusal = backend.refuses(precision);
                ObjectNode entry = precisions.addObject().put("name", precision.id()).put("usable", refusal.isEmpty());
                refusal.ifPresent(reason -> entry.put("reason", reason));
            });
        });
    }
}
