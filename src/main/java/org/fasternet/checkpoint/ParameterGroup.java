package org.fasternet.checkpoint;

import java.util.List;
import org.fasternet.checkpoint.Parameter.Role;

/**
 * The tensors that folding looks at together. Each group names its parameters twice: as training leaves them, and as they are
 * once every batch normalisation and layer scale is folded into the convolution before it.
 */
sealed interface ParameterGroup {
    List<Parameter> trained();

    List<Parameter> folded();

    /** A convolution followed by batch normalisation: folded, its weight and a bias. */
    record NormalizedConvolution(String name, List<Size> sizes, Norm norm) implements ParameterGroup {
        Parameter weight() {
            return new Parameter(name + ".weight", Role.WEIGHT, sizes);
        }

        Parameter bias() {
            return new Parameter(name + ".bias", Role.BIAS, List.of(norm.channels));
        }

        @Override
        public List<Parameter> trained() {
            return List.of(weight(), norm.scale(), norm.bias(), norm.mean(), norm.variance());
        }

        @Override
        public List<Parameter> folded() {
            return List.of(weight(), bias());
        }
    }

    /** Batch normalisation after no convolution, as at a detection backbone's outputs: folded, a scale and a bias per channel. */
    record Norm(String name, Size channels) implements ParameterGroup {
        Parameter scale() {
            return vector("weight", Role.NORM_SCALE);
        }

        Parameter bias() {
            return vector("bias", Role.NORM_BIAS);
        }

        Parameter mean() {
            return vector("running_mean", Role.RUNNING_MEAN);
        }

        Parameter variance() {
            return vector("running_var", Role.RUNNING_VARIANCE);
        }

        private Parameter vector(String suffix, Role role) {
            return new Parameter(name + "." + suffix, role, List.of(channels));
        }

        @Override
        public List<Parameter> trained() {
            return List.of(scale(), bias(), mean(), variance());
        }

        @Override
        public List<Parameter> folded() {
            return List.of(scale(), bias());
        }
    }

    /** A residual branch's last convolution and the layer scale that multiplies its output: folded, a weight alone. */
    record ScaledConvolution(Parameter weight, Parameter scale) implements ParameterGroup {
        @Override
        public List<Parameter> trained() {
            return List.of(weight, scale);
        }

        @Override
        public List<Parameter> folded() {
            return List.of(weight);
        }
    }

    /** Parameters that folding leaves alone. */
    record Plain(List<Parameter> trained) implements ParameterGroup {
        Plain(Parameter... parameters) {
            this(List.of(parameters));
        }

        @Override
        public List<Parameter> folded() {
            return trained;
        }
    }
}
