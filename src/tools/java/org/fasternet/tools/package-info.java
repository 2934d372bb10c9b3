/** The program {@code fasternet}: its entry, its versions. Each command is a class of {@code cli}. */
package org.fasternet.tools;
