package org.fasternet.backend.cudnn;

import java.util.function.ToLongFunction;
import org.fasternet.compute.Precision;
import org.fasternet.schedule.View;

/**
 * What a program's launches are made of.
 *
 * @param weights the program's on the device
 * @param precision it computes in
 * @param device CUDA's number of the device
 * @param address where a view's first element lies: one of the caller's when it is launched, no sooner
 */
record KernelContext(DeviceWeights weights, Precision precision, int device, ToLongFunction<View> address) {}
