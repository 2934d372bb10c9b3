package org.fasternet.checkpoint;

import java.util.Map;
import org.fasternet.tensor.Tensor;

/** State dicts that come from no file. */
final class StateDicts {
    private StateDicts() {}

    static StateDict of(Map<String, Tensor> tensors) {
        StateDict dict = new StateDict();
        dict.tensors().putAll(tensors);
        return dict;
    }
}
