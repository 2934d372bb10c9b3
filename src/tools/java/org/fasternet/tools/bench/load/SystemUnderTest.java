package org.fasternet.tools.bench.load;

/** What answers queries. */
interface SystemUnderTest {
    /** Takes a query over and returns, now or when it is answered. Parts of it may be answered one by one. */
    void issue(Query query);

    /** Forgets the queries that it has not begun with, and returns when the others are answered. */
    void drop();
}
