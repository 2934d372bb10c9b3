/**
 * The commands of the command line, their options, and what they print. What a command measures belongs to {@code bench}.
 */
package org.fasternet.tools.cli;
