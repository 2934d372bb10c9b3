package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudnn.*;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.cuda.cudnn.cudnnBackendDescriptor_t;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Resources;
import org.fasternet.layer.Activation;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;
import org.fasternet.tensor.Shape;

/**
 * cuDNN's execution plans of convolutions with bias, activation and residual in one graph each, by its heuristics. Steps of equal
 * shapes share a plan. Plans are made for a device at hand, or from properties of one that is not there.
 */
final class ConvPlans {
    /** Unique ids of a plan's tensors, for the variant pack. */
    static final long X = 'x';
    static final long W = 'w';
    static final long Y = 'y';
    static final long BIAS = 'b';
    static final long RESIDUAL = 'r';

    private static final int MOST_CONFIGS = 64;
    private static final int MOST_NOTES = 32;
    /** Most engines are compiled for half a second each, and cuDNN tells its best guesses first: eight gained 4 % on an H100. */
    private static final int MOST_TRIALS = 4;
    private static final long MOST_WORKSPACE = 256L << 20;

    /**
     * A finalized plan.
     *
     * @param engine cuDNN's number of the engine that computes it, and whether its kernel was compiled for the plan
     * @param workspace bytes of device memory while it runs
     */
    record Plan(cudnnBackendDescriptor_t descriptor, String engine, long workspace) {}

    /** @param owner frees the plan */
    private record Candidate(Plan plan, Resources owner) {}

    /** All that a plan depends on: views by shape, strides, alignment and type. */
    private record Key(Tensor4 src, Tensor4 dst, List<Integer> weights, int stride, int padding, int groups, boolean bias,
            Optional<Activation> activation, boolean accumulate) {}

    private record Tensor4(ElementType type, Shape shape, Layout layout, long alignment) {
        static Tensor4 of(View view) {
            // Buffers begin at multiples of 64 bytes; what is not a multiple of 16 from there is aligned to less.
            long alignment = view.offset() == 0 ? 16 : Math.min(16, Long.lowestOneBit(view.offset()));
            return new Tensor4(view.buffer().type(), view.shape(), view.buffer().layout(), alignment);
        }
    }

    private final Descriptors descriptors;
    private final Precision precision;
    private final DeviceProperties properties;
    private final PlanCache cache;
    private final Optional<cudnnContext> handle;
    private final Optional<cudnnBackendDescriptor_t> device;
    private final Map<Key, Plan> plans = new HashMap<>();

    private ConvPlans(Descriptors descriptors, Precision precision, DeviceProperties properties, PlanCache cache,
            Optional<cudnnContext> handle, Optional<cudnnBackendDescriptor_t> device) {
        this.descriptors = descriptors;
        this.precision = precision;
        this.properties = properties;
        this.cache = cache;
        this.handle = handle;
        this.device = device;
    }

    /** Plans that {@code handle} executes. */
    static ConvPlans on(cudnnContext handle, Resources resources, Precision precision, PlanCache cache) {
        Descriptors descriptors = new Descriptors(resources);
        return new ConvPlans(descriptors, precision, properties(handle, descriptors), cache, Optional.of(handle), Optional.empty());
    }

    /** Plans for a device that is not there. */
    static ConvPlans ahead(DeviceProperties properties, Resources resources, Precision precision, PlanCache cache) {
        Descriptors descriptors = new Descriptors(resources);
        cudnnBackendDescriptor_t device = descriptors.create(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
        descriptors.text(device, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, properties.json());
        descriptors.finish(device, "a device by its properties");
        return new ConvPlans(descriptors, precision, properties, cache, Optional.empty(), Optional.of(device));
    }

    /** Those of the device that a handle was made on. */
    static DeviceProperties properties(cudnnContext handle, Descriptors descriptors) {
        cudnnBackendDescriptor_t device = descriptors.create(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
        descriptors.pointer(device, CUDNN_ATTR_DEVICEPROP_HANDLE, CUDNN_TYPE_HANDLE, handle);
        descriptors.finish(device, "the device");
        return DeviceProperties.parse(descriptors.getText(device, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION));
    }

    Descriptors descriptors() {
        return descriptors;
    }

    /** What a plan takes, by running it; the memory of its tensors may change. */
    interface Trial {
        double micros(Plan plan);
    }

    /**
     * @param trial by which the fastest is found; empty: cuDNN's first choice
     * @throws UnsupportedException if cuDNN has no engine for the step on this device
     */
    Plan plan(Step.Conv conv, Optional<Trial> trial) {
        int[] weights = conv.weights().shape();
        Key key = new Key(Tensor4.of(conv.src()), Tensor4.of(conv.dst()), List.of(weights[0], weights[1], weights[2], weights[3]),
                conv.stride(), conv.padding(), conv.groups(), conv.bias().isPresent(), conv.activation(), conv.accumulate());
        return plans.computeIfAbsent(key, k -> cachedOrBuilt(k, conv.label(), trial));
    }

    private String machine() {
        return "cuDNN " + cudnnGetVersion() + " on " + properties.identity() + ": " + precision.id() + " ";
    }

    /** Choices that are kept where the plans are. */
    Choices choices() {
        return new Choices(cache, machine());
    }

    private Plan cachedOrBuilt(Key key, String label, Optional<Trial> trial) {
        String name = machine() + key + (trial.isPresent() ? ", tuned" : "");
        Optional<Plan> cached = cache.read(name).flatMap(this::readBack);
        if (cached.isPresent()) {
            return cached.get();
        }
        Plan built = build(key, label, trial);
        String json = descriptors.getText(built.descriptor(), CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
        cache.write(name, (built.engine() + "\n" + json).getBytes(StandardCharsets.UTF_8));
        return built;
    }

    /** The plan that was written; empty if cuDNN does not take it. */
    private Optional<Plan> readBack(byte[] written) {
        String[] engineAndJson = new String(written, StandardCharsets.UTF_8).split("\n", 2);
        if (engineAndJson.length < 2) {
            return Optional.empty();
        }
        cudnnBackendDescriptor_t plan = plan(descriptors.owner());
        descriptors.text(plan, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, engineAndJson[1]);
        return descriptors.finishes(plan)
                ? Optional.of(new Plan(plan, engineAndJson[0],
                        descriptors.getLong(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)))
                : Optional.empty();
    }

    /** For this device, of nothing yet. */
    private cudnnBackendDescriptor_t plan(Resources owner) {
        cudnnBackendDescriptor_t plan = descriptors.create(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, owner);
        handle.ifPresent(h -> descriptors.pointer(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, h));
        device.ifPresent(d -> descriptors.descriptor(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, d));
        return plan;
    }

    private Plan build(Key key, String label, Optional<Trial> trial) {
        List<Candidate> candidates = candidates(graph(key), trial.isPresent() ? MOST_TRIALS : 1);
        if (candidates.isEmpty()) {
            throw new UnsupportedException("cuDNN has no engine for " + label + " in " + precision.id() + " on this device: "
                    + key.src().shape() + " to " + key.dst().shape());
        }
        return trial.map(run -> fastest(candidates, run)).orElse(candidates.get(0)).plan();
    }

    /** The first ones that can be made, in cuDNN's order. */
    private List<Candidate> candidates(cudnnBackendDescriptor_t graph, int most) {
        List<Candidate> candidates = new ArrayList<>();
        for (int mode : new int[] {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
            for (cudnnBackendDescriptor_t config : configs(graph, mode)) {
                if (candidates.size() == most) {
                    return candidates;
                }
                plan(config).ifPresent(candidates::add);
            }
        }
        return candidates;
    }

    /** Frees the others. */
    private static Candidate fastest(List<Candidate> candidates, Trial trial) {
        Candidate best = candidates.get(0);
        double least = trial.micros(best.plan());
        for (Candidate next : candidates.subList(1, candidates.size())) {
            double micros = trial.micros(next.plan());
            (micros < least ? best : next).owner().close();
            if (micros < least) {
                least = micros;
                best = next;
            }
        }
        return best;
    }

    private List<cudnnBackendDescriptor_t> configs(cudnnBackendDescriptor_t graph, int mode) {
        cudnnBackendDescriptor_t heuristics = descriptors.create(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
        descriptors.descriptor(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
        descriptors.number(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
        device.ifPresent(d -> descriptors.descriptor(heuristics, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, d));
        descriptors.finish(heuristics, "heuristics");
        return descriptors.getDescriptors(
                heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, MOST_CONFIGS, descriptors.owner());
    }

    private Optional<Candidate> plan(cudnnBackendDescriptor_t config) {
        // Closed before the session, or by it: closed twice it does nothing.
        Resources owner = descriptors.owner().add(new Resources(), Resources::close);
        Optional<Plan> plan = plan(config, owner);
        if (plan.isEmpty()) {
            owner.close();
        }
        return plan.map(made -> new Candidate(made, owner));
    }

    private Optional<Plan> plan(cudnnBackendDescriptor_t config, Resources owner) {
        cudnnBackendDescriptor_t engine = descriptors
                .getDescriptors(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1, owner).get(0);
        boolean tensorCores = descriptors
                .getNumbers(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, MOST_NOTES)
                .contains(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
        if (precision == Precision.F32 && tensorCores) {
            return Optional.empty(); // They round f32 to TF32.
        }
        cudnnBackendDescriptor_t plan = plan(owner);
        descriptors.descriptor(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
        if (!descriptors.finishes(plan)) {
            return Optional.empty();
        }
        long workspace = descriptors.getLong(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
        return workspace > MOST_WORKSPACE ? Optional.empty() : Optional.of(new Plan(plan, name(engine), workspace));
    }

    private String name(cudnnBackendDescriptor_t engine) {
        boolean compiled = descriptors
                .getNumbers(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, MOST_NOTES)
                .contains(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION);
        return descriptors.getLong(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX) + (compiled ? " compiled" : " precompiled");
    }

    /** Convolution, bias, activation and residual; what lies between them is virtual, f32. */
    private cudnnBackendDescriptor_t graph(Key key) {
        List<cudnnBackendDescriptor_t> operations = new ArrayList<>();
        int left = (key.bias() ? 1 : 0) + (key.activation().isPresent() ? 1 : 0) + (key.accumulate() ? 1 : 0);
        cudnnBackendDescriptor_t value = result(key, left);
        operations.add(convolution(key, value));
        if (key.bias()) {
            Shape bias = new Shape(1, key.dst().shape().c(), 1, 1);
            cudnnBackendDescriptor_t b = tensor(BIAS, new Tensor4(ElementType.F32, bias, Layout.nhwc(bias), 16), false);
            cudnnBackendDescriptor_t sum = result(key, --left);
            operations.add(pointwise(CUDNN_POINTWISE_ADD, value, Optional.of(b), sum));
            value = sum;
        }
        if (key.activation().isPresent()) {
            cudnnBackendDescriptor_t activated = result(key, --left);
            int mode = switch (key.activation().get()) {
                case RELU -> CUDNN_POINTWISE_RELU_FWD;
                case GELU -> CUDNN_POINTWISE_GELU_FWD;
            };
            operations.add(pointwise(mode, value, Optional.empty(), activated));
            value = activated;
        }
        if (key.accumulate()) {
            operations.add(pointwise(
                    CUDNN_POINTWISE_ADD, value, Optional.of(tensor(RESIDUAL, key.dst(), false)), result(key, --left)));
        }
        cudnnBackendDescriptor_t graph = descriptors.create(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
        descriptors.descriptors(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
        handle.ifPresent(h -> descriptors.pointer(graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, h));
        return descriptors.finish(graph, "a graph of operations");
    }

    /** The destination, or what {@code left} operations will still change. */
    private cudnnBackendDescriptor_t result(Key key, int left) {
        if (left == 0) {
            return tensor(Y, key.dst(), false);
        }
        Shape shape = key.dst().shape();
        return tensor(100 + left, new Tensor4(ElementType.F32, shape, Layout.nhwc(shape), 16), true);
    }

    private cudnnBackendDescriptor_t convolution(Key key, cudnnBackendDescriptor_t y) {
        cudnnBackendDescriptor_t how = descriptors.create(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
        descriptors.longs(how, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2);
        descriptors.number(how, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
        descriptors.number(how, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
        descriptors.longs(how, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, key.padding(), key.padding());
        descriptors.longs(how, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, key.padding(), key.padding());
        descriptors.longs(how, CUDNN_ATTR_CONVOLUTION_DILATIONS, 1, 1);
        descriptors.longs(how, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, key.stride(), key.stride());
        descriptors.finish(how, "a convolution");
        Shape w = new Shape(key.weights().get(0), key.weights().get(1), key.weights().get(2), key.weights().get(3));
        cudnnBackendDescriptor_t operation = descriptors.create(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
        descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, tensor(X, key.src(), false));
        descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                tensor(W, new Tensor4(key.src().type(), w, Layout.nhwc(w), 16), false));
        descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y);
        descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, how);
        descriptors.scalar(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1);
        descriptors.scalar(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0);
        return descriptors.finish(operation, "a convolution of " + key.src().shape());
    }

    private cudnnBackendDescriptor_t pointwise(int mode, cudnnBackendDescriptor_t x, Optional<cudnnBackendDescriptor_t> b,
            cudnnBackendDescriptor_t y) {
        cudnnBackendDescriptor_t how = descriptors.create(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
        descriptors.number(how, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode);
        descriptors.number(how, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
        descriptors.finish(how, "an element-wise operation");
        cudnnBackendDescriptor_t operation = descriptors.create(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
        descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how);
        descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
        b.ifPresent(d -> descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, d));
        descriptors.descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
        return descriptors.finish(operation, "an element-wise operation");
    }

    private cudnnBackendDescriptor_t tensor(long id, Tensor4 tensor, boolean virtual) {
        cudnnBackendDescriptor_t descriptor = descriptors.create(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
        Shape shape = tensor.shape();
        Layout layout = tensor.layout();
        descriptors.longs(descriptor, CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
        descriptors.number(descriptor, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, type(tensor.type()));
        descriptors.longs(descriptor, CUDNN_ATTR_TENSOR_DIMENSIONS, shape.n(), shape.c(), shape.h(), shape.w());
        descriptors.longs(descriptor, CUDNN_ATTR_TENSOR_STRIDES,
                layout.strideN(), layout.strideC(), layout.strideH(), layout.strideW());
        descriptors.longs(descriptor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, tensor.alignment());
        descriptors.flag(descriptor, CUDNN_ATTR_TENSOR_IS_VIRTUAL, virtual);
        return descriptors.finish(descriptor, "a tensor of " + shape);
    }

    private static int type(ElementType type) {
        return switch (type) {
            case F32 -> CUDNN_DATA_FLOAT;
            case F16 -> CUDNN_DATA_HALF;
            case BF16 -> CUDNN_DATA_BFLOAT16;
            case U8 -> CUDNN_DATA_UINT8;
            case S8 -> CUDNN_DATA_INT8;
            case S32 -> CUDNN_DATA_INT32;
        };
    }
}
