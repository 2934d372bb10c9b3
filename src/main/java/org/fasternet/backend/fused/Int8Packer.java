package org.fasternet.backend.fused;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.fasternet.int8.Int8Layer;
import org.fasternet.int8.Int8Matrix;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.Binding;
import org.fasternet.layer.Block;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;

/** Hands a quantized network's layers to an engine's model, one by one. */
final class Int8Packer {
    private final Binding binding;
    private final long model;
    private final Ports ports;
    private final List<String> names = new ArrayList<>();
    /** Of the last layer's result. */
    private int channels;

    /** @param model a handle of {@link Binding#createModel} in int8, without layers */
    Int8Packer(Binding binding, long model, Ports ports) {
        this.binding = binding;
        this.model = model;
        this.ports = ports;
    }

    /** Finishes the model. Returns the name of each of its layers, which the engine counts from 0. */
    List<String> pack(Network network) {
        channels = ports.channels();
        Quantization quantization = network.quantization().orElseThrow();
        List<NamedLayer> layers = network.layers();
        QuantizationParams src = quantization.src();
        binding.quantizeSrc(model, 1 / src.scale(), src.zeroPoint());
        int first = 0;
        if (layers.get(0).layer() instanceof PatchConv && ports.readsF32()) {
            addPixelConv(ports.src(), layers.get(0), quantization);
            network.pixelLayer().ifPresent(
                    layer -> addPixelConv(Abi.FN_NHWC_U8, layer, network.quantizationForPixels().orElseThrow()));
            first = 1;
        } else {
            binding.addInput(model, ports.channels());
            names.add(layers.get(0).name());
        }
        // A layer without a scale of its own passes on what it reads; only the last one's result is f32.
        QuantizationParams read = src;
        for (int i = 0; i < layers.size(); i++) {
            Quantization.Scales scales = quantization.layers().get(i);
            if (i >= first) {
                add(layers.get(i), read, scales);
            }
            if (layers.get(i).layer() instanceof PatchConv || layers.get(i).layer() instanceof Pointwise) {
                channels = scales.matrices().get(0).weights().length;
            }
            read = scales.dst().orElse(read);
        }
        if (layers.stream().noneMatch(named -> named.layer() instanceof FeatureTap)) {
            addResult(layers.get(layers.size() - 1), quantization);
        }
        binding.finishModel(model);
        return names;
    }

    private void addPixelConv(int layout, NamedLayer named, Quantization quantization) {
        Int8Matrix matrix = Int8Layer.matrix(named, quantization.src(), quantization.layers().get(0), 0);
        PatchConv conv = (PatchConv) named.layer();
        quantize(matrix);
        binding.addPixelConv(model, layout, ports.channels(), conv.bias().length, conv.size(), matrix.weights(), null);
        names.add(named.name());
    }

    private void add(NamedLayer named, QuantizationParams src, Quantization.Scales scales) {
        List<Int8Matrix> matrices = IntStream.range(0, scales.matrices().size())
                .mapToObj(i -> Int8Layer.matrix(named, src, scales, i)).toList();
        matrices.forEach(this::quantize);
        Layer layer = named.layer();
        if (layer instanceof PatchConv conv) {
            binding.addPatchConv(model, conv.bias().length, conv.size(), matrices.get(0).weights(), null);
        } else if (layer instanceof Block block) {
            binding.addBlock(model, block.partial().partialChannels(), block.hiddenChannels(), Abi.FN_NONE,
                    matrices.get(0).weights(), matrices.get(1).weights(), null, matrices.get(2).weights());
        } else if (layer instanceof PartialConv partial) {
            binding.addPartialConv(model, partial.partialChannels(), matrices.get(0).weights());
        } else if (layer instanceof Pointwise pointwise) {
            binding.addPointwise(model, pointwise.bias().length, Abi.FN_NONE, matrices.get(0).weights(), null);
        } else if (layer instanceof Pool) {
            addPool(src, scales.dst().orElseThrow());
        } else if (layer instanceof FeatureTap tap) {
            addDequantized(Abi.FN_NCHW_F32, tap.scale(), tap.shift(), src);
        }
        names.add(named.name());
    }

    private void quantize(Int8Matrix matrix) {
        binding.quantize(model, matrix.bias(), matrix.scale(), matrix.residualScale(),
                matrix.result().map(QuantizationParams::zeroPoint).orElse(Abi.FN_DEQUANTIZE), matrix.table().orElse(null));
    }

    private void addPool(QuantizationParams src, QuantizationParams dst) {
        int[] bias = new int[channels];
        float[] scale = new float[channels];
        Arrays.fill(bias, -src.zeroPoint());
        Arrays.fill(scale, (float) ((double) src.scale() / dst.scale()));
        binding.quantize(model, bias, scale, 0, dst.zeroPoint(), null);
        binding.addPool(model);
    }

    /** What the caller gets of a network without feature taps: f32, or of a kernel what is stored. */
    private void addResult(NamedLayer last, Quantization quantization) {
        Quantization.Scales scales = quantization.layers().get(quantization.layers().size() - 1);
        if (scales.dst().isEmpty()) {
            binding.addOutput(model, ports.dst(), Abi.FN_STORE, null, null);
        } else if (ports.dst() == Abi.FN_NHWC_U8) {
            boolean touched = last.layer() instanceof PartialConv && ports.inPlace();
            binding.addOutput(model, ports.dst(), touched ? Abi.FN_STORE_TOUCHED : Abi.FN_STORE, null, null);
        } else {
            float[] ones = new float[channels];
            Arrays.fill(ones, 1);
            addDequantized(ports.dst(), ones, new float[channels], scales.dst().get());
        }
        names.add(last.name());
    }

    /** The engine hands out stored values times a factor plus a summand. */
    private void addDequantized(int layout, float[] scale, float[] shift, QuantizationParams src) {
        float[] factors = new float[scale.length];
        float[] summands = new float[scale.length];
        for (int c = 0; c < scale.length; c++) {
            double factor = (double) scale[c] * src.scale();
            factors[c] = (float) factor;
            summands[c] = (float) (shift[c] - factor * src.zeroPoint());
        }
        binding.addOutput(model, layout, Abi.FN_STORE, factors, summands);
    }
}
