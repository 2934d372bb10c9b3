package org.fasternet.backend.fused;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.Binding;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.tensor.Scratch;

/** Hands a network's layers to an engine's model, one by one. */
final class Packer {
    private final Binding binding;
    private final long model;
    private final Ports ports;
    private final List<String> names = new ArrayList<>();
    /** One for each of the weights that a layer, of all a block, has at most; the engine reads no further than they go. */
    private final Scratch weights = new Scratch();
    private final Scratch expanding = new Scratch();
    private final Scratch projecting = new Scratch();

    /** @param model a handle of {@link Binding#createModel}, without layers */
    Packer(Binding binding, long model, Ports ports) {
        this.binding = binding;
        this.model = model;
        this.ports = ports;
    }

    /** Finishes the model. Returns the name of each of its layers, which the engine counts from 0. */
    List<String> pack(Network network) {
        List<NamedLayer> layers = network.layers();
        NamedLayer first = layers.get(0);
        // A patch convolution reads the caller's memory in any layout, by weights of its own for each.
        boolean readsPixels = first.layer() instanceof PatchConv && ports.readsF32();
        if (readsPixels) {
            addPixelConv(ports.src(), first);
            network.pixelLayer().ifPresent(layer -> addPixelConv(Abi.FN_NHWC_U8, layer));
        } else {
            binding.addInput(model, ports.channels());
            names.add(first.name());
        }
        boolean taps = false;
        for (NamedLayer named : layers.subList(readsPixels ? 1 : 0, layers.size())) {
            add(named);
            taps |= named.layer() instanceof FeatureTap;
        }
        if (!taps) {
            addResult(layers.get(layers.size() - 1));
        }
        binding.finishModel(model);
        return names;
    }

    private void addPixelConv(int layout, NamedLayer named) {
        PatchConv conv = (PatchConv) named.layer();
        binding.addPixelConv(
                model, layout, ports.channels(), conv.weights().dim(0), conv.size(), weights.values(conv.weights()), conv.bias());
        names.add(named.name());
    }

    private void add(NamedLayer named) {
        Layer layer = named.layer();
        if (layer instanceof PatchConv conv) {
            binding.addPatchConv(model, conv.weights().dim(0), conv.size(), weights.values(conv.weights()), conv.bias());
        } else if (layer instanceof Block block) {
            binding.addBlock(
                    model, block.partial().partialChannels(), block.hiddenChannels(), number(Optional.of(block.activation())),
                    weights.values(block.partial().weights()), expanding.values(block.expand()), block.bias(),
                    projecting.values(block.project()));
        } else if (layer instanceof PartialConv partial) {
            binding.addPartialConv(model, partial.partialChannels(), weights.values(partial.weights()));
        } else if (layer instanceof Pointwise pointwise) {
            binding.addPointwise(model, pointwise.weights().dim(0), number(pointwise.activation()),
                    weights.values(pointwise.weights()), pointwise.bias());
        } else if (layer instanceof Pool) {
            binding.addPool(model);
        } else if (layer instanceof FeatureTap tap) {
            binding.addOutput(model, Abi.FN_NCHW_F32, Abi.FN_STORE, tap.scale(), tap.shift());
        }
        names.add(named.name());
    }

    /** What the caller gets of a network without feature taps: the engine writes as many outputs as it was given. */
    private void addResult(NamedLayer last) {
        binding.addOutput(model, ports.dst(), write(last.layer()), null, null);
        names.add(last.name());
    }

    private int write(Layer last) {
        if (last instanceof Pointwise pointwise && pointwise.residual()) {
            return Abi.FN_ADD;
        }
        return last instanceof PartialConv && ports.inPlace() ? Abi.FN_STORE_TOUCHED : Abi.FN_STORE;
    }

    private static int number(Optional<Activation> activation) {
        return activation.map(function -> switch (function) {
            case RELU -> Abi.FN_RELU;
            case GELU -> Abi.FN_GELU;
        }).orElse(Abi.FN_NONE);
    }
}
