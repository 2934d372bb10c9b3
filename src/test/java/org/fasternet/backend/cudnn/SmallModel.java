package org.fasternet.backend.cudnn;

import java.nio.FloatBuffer;
import java.util.List;
import org.fasternet.FasterNet;
import org.fasternet.Golden;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.compute.Precision;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;

/** A network small enough to be compiled and run a thousand times on the fake of CUDA. */
final class SmallModel {
    static final int CLASSES = 10;
    static final FasterNet MODEL = FasterNet.random(
            new FasterNetConfig(3, 16, List.of(1, 1), 4, 2, 16, CLASSES, Activation.GELU, false, true, false), 1);
    static final FloatBuffer SRC = Golden.floats(3 * 8 * 8);

    private SmallModel() {}

    static SessionOptions options(Precision precision) {
        return SessionOptions.defaults().withBackend("cudnn").withPrecision(precision).withSize(8, 8);
    }

    /** Twice, and once more taking the times of its steps. */
    static FloatBuffer loadAndRun(Precision precision) {
        FloatBuffer dst = Golden.floats(CLASSES);
        try (Session session = MODEL.session(options(precision))) {
            session.run(SRC, dst);
            session.run(SRC, dst);
            session.profile(true);
            session.run(SRC, dst);
            session.plan();
        }
        return dst;
    }
}
