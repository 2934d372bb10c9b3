/** oneDNN on the CPU: a schedule's steps as primitives and row copies. Nothing outside this package touches oneDNN. */
package org.fasternet.backend.onednn;
