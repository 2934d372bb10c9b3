package org.fasternet.tools.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules by which MLPerf's submission checker accepts logs of its image classifier, told from its sources
 * (tools/submission/submission_checker of mlcommons/inference: parsers/loadgen_parser.py, checks/performance_check.py,
 * checks/accuracy_check.py, and the constants of inference 6.1), not from what writes the logs.
 */
public final class SubmissionRules {
    private static final String MARKER = ":::MLLOG";
    private static final Map<String, String> RESULTS = Map.of(
            "SingleStream", "early_stopping_latency_ss", "MultiStream", "early_stopping_latency_ms",
            "Server", "result_completed_samples_per_sec", "Offline", "result_samples_per_second");

    private final Map<String, JsonNode> values = new HashMap<>();
    private final List<String> faults = new ArrayList<>();

    private SubmissionRules(Path detail) throws IOException {
        List<String> lines = Files.readAllLines(detail, StandardCharsets.UTF_8);
        if (!lines.get(0).startsWith(MARKER)) {
            faults.add("marker not found in first line");
        }
        for (String line : lines) {
            if (line.startsWith(MARKER)) {
                JsonNode message = new ObjectMapper().readTree(line.substring(MARKER.length()));
                values.putIfAbsent(message.get("key").asText(), message.get("value"));
                if (message.get("metadata").get("is_error").asBoolean()) {
                    faults.add("has loadgen errors");
                }
            }
        }
    }

    /** What the checker finds fault with in the logs of a performance run; nothing if it takes them. */
    public static List<String> performance(Path folder) throws IOException {
        SubmissionRules rules = new SubmissionRules(folder.resolve("mlperf_log_detail.txt"));
        rules.check();
        return rules.faults;
    }

    private JsonNode value(String key) {
        JsonNode value = values.get(key);
        if (value == null) {
            throw new AssertionError(key + " is missing");
        }
        return value;
    }

    private void require(boolean met, String rule) {
        if (!met) {
            faults.add(rule);
        }
    }

    private void check() {
        String scenario = value("effective_scenario").asText();
        require(value("effective_performance_sample_count").asLong() >= 1024, "performance_sample_count");
        require(value("effective_qsl_rng_seed").bigIntegerValue().equals(new BigInteger("2085463073848966840"))
                && value("effective_sample_index_rng_seed").bigIntegerValue().equals(new BigInteger("2747215439041700203"))
                && value("effective_schedule_rng_seed").bigIntegerValue().equals(new BigInteger("16159082839903944936")), "seeds");
        if (!scenario.equals("Offline")) {
            require(value("early_stopping_met").asBoolean(), "early_stopping_met");
        }
        if (scenario.equals("Server")) {
            require(value("effective_target_latency_ns").asLong() <= 15_000_000, "target latency");
        }
        if (scenario.equals("Offline")) {
            require(value("effective_min_query_count").asLong() >= 1, "min_query_count");
            require(value("effective_samples_per_query").asLong() >= 24_576, "samples per query");
        }
        require(value("effective_min_duration_ms").asLong() >= 600_000, "min_duration");
        require(!value("effective_sample_concatenate_permutation").asBoolean(), "equal issue mode");
        require(value("result_validity").asText().equals("VALID"), "result_validity");
        require(value("sut_name").isTextual(), "sut_name");
        require(value(RESULTS.get(scenario)).isNumber(), "performance metric");
    }

    double number(String key) {
        return value(key).asDouble();
    }

    static SubmissionRules of(Path folder) throws IOException {
        return new SubmissionRules(folder.resolve("mlperf_log_detail.txt"));
    }

    /**
     * What the checker finds fault with in the logs of an accuracy run, after MLPerf's script that shortens the answers and keeps
     * their hash.
     *
     * @param samples of the data set
     * @param least share of right answers, in percent
     */
    public static List<String> accuracy(Path folder, int samples, double least) throws IOException {
        SubmissionRules rules = new SubmissionRules(folder.resolve("mlperf_log_detail.txt"));
        String accuracy = null;
        String hash = null;
        for (String line : Files.readAllLines(folder.resolve("accuracy.txt"))) {
            Matcher found = Pattern.compile("^accuracy=([\\d.]+).*").matcher(line);
            accuracy = found.lookingAt() ? found.group(1) : accuracy;
            Matcher hashed = Pattern.compile("^hash=([\\w\\d]+)$").matcher(line);
            hash = hashed.lookingAt() ? hashed.group(1) : hash;
        }
        rules.require(accuracy != null && Double.parseDouble(accuracy) >= least, "accuracy " + accuracy);
        rules.require(sha256(Files.readAllBytes(folder.resolve("mlperf_log_accuracy.json"))).equals(hash), "hash");
        rules.require(rules.value("effective_accuracy_sample_count").asInt() == samples, "accuracy samples");
        return rules.faults;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
