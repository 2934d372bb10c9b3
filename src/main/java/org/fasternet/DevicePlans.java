package org.fasternet;

import java.nio.file.Path;
import org.fasternet.backend.Backends;

/**
 * Plans of the back end {@code cudnn}, made before there is a GPU. To choose and compile its kernels takes cuDNN seconds for a
 * network, and needs NVIDIA's compiler; what it has chosen is kept in a folder: {@code -Dfasternet.cachedir}, else {@code fasternet}
 * in {@code XDG_CACHE_HOME} or {@code ~/.cache}, on Windows in {@code LOCALAPPDATA}. Such a folder can be made elsewhere, for a GPU that is not there, and shipped with
 * an application, whose first session then compiles nothing. It fits the GPU's model, cuDNN's version, the network's sizes, and the
 * batch, size and precision of a session; what is missing in it, or damaged, is made anew.
 *
 * <p>cuDNN and NVRTC are needed, and a driver's library, though no GPU.
 */
public final class DevicePlans {
    private DevicePlans() {}

    /**
     * Makes what {@link FasterNet#session(SessionOptions)} with these options will look for. What the folder has already stays.
     *
     * @param device the GPU's properties, as {@link #properties} tells them of one at hand
     * @return how many steps of the network have a plan in the folder now
     * @throws org.fasternet.error.UnsupportedException if cuDNN is not here, the GPU lacks the precision, or cuDNN has nothing for
     *     a step
     * @throws org.fasternet.error.InvalidFileException if the folder cannot be written to
     */
    public static int make(FasterNet network, SessionOptions options, String device, Path folder) {
        return Backends.gpu().planAhead(network.spec(options), device, folder);
    }

    /**
     * Properties of a GPU at hand, as cuDNN tells them, in JSON.
     *
     * @param device its number, as {@link SessionOptions#withDevice}
     * @throws org.fasternet.error.UnsupportedException if there is no usable GPU of that number; the message says why
     */
    public static String properties(int device) {
        return Backends.gpu().deviceProperties(device);
    }
}
