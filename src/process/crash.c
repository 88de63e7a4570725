/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/crash.h"

#include "base/buf.h"
#include "base/error.h"
#include "process/module.h"

#include <execinfo.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    WORKERS = 256,
    FRAMES  = 64,
    LINE    = 1024,
    CALL_ID = 160,
    STACK   = 128 * 1024,
};

static const struct {
    int         number;
    const char *name;
} fatal[] = {
    { SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGILL, "SIGILL" }, { SIGFPE, "SIGFPE" }, { SIGABRT, "SIGABRT" },
};
enum { FATAL = sizeof fatal / sizeof *fatal };

/* A signal handler has no argument of ours, so this is one of the few variables of
 * the whole program: written at the start and as workers come and go. */
static struct {
    int                      fd;
    crash_settle_fn *_Atomic settle;
    void                    *settle_arg;
    struct sigaction         before[FATAL];
    atomic_flag              busy;
    struct modules           modules;
    struct {
        const struct in_hand *_Atomic hand; /* NULL: no such worker */
        _Atomic int32_t               thread;
        void                         *stack;
    } workers[WORKERS];
} crash = { .fd = -1, .busy = ATOMIC_FLAG_INIT };

/* --- lines --- */

static void end_line(struct buf *b)
{
    buf_put_byte(b, '\n');
    if (write(crash.fd, b->ptr, b->len) < 0)
        return; /* nobody is left to tell */
}

static void begin_line(struct buf *b, const char *event)
{
    b->len      = 0;
    b->overflow = false;
    buf_put(b, SLICE("level=error part=crash event="));
    buf_put(b, slice_from(event));
}

static void put_number(struct buf *b, const char *key, uint64_t value)
{
    buf_put(b, slice_from(key));
    buf_put_number(b, value);
}

static void put_address(struct buf *b, const char *key, uintptr_t value)
{
    char  text[2 * sizeof value];
    char *at = text + sizeof text;

    do {
        *--at = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0);
    buf_put(b, slice_from(key));
    buf_put(b, SLICE("0x"));
    buf_put(b, slice_between(at, text + sizeof text));
}

/* Quoted if it is not plain, as base/log.c does. */
static void put_text(struct buf *b, const char *key, struct slice value)
{
    bool plain = value.len > 0;

    for (size_t i = 0; i < value.len; i++)
        plain = plain && value.ptr[i] > ' ' && value.ptr[i] <= '~' && value.ptr[i] != '"' && value.ptr[i] != '=';
    buf_put(b, slice_from(key));
    if (!plain)
        buf_put_byte(b, '"');
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        buf_put_byte(b, c >= ' ' && c <= '~' && c != '"' && c != '\\' ? c : '?');
    }
    if (!plain)
        buf_put_byte(b, '"');
}

/* The bytes may be those of freed memory, so the kernel copies them. */
static bool put_call(struct buf *b, const struct in_hand *hand)
{
    char         text[CALL_ID];
    size_t       len    = atomic_load(&hand->len);
    struct iovec local  = { text, len < sizeof text ? len : sizeof text };
    struct iovec remote = { (void *)atomic_load(&hand->ptr), local.iov_len };
    ssize_t      copied = len > 0 ? process_vm_readv(getpid(), &local, 1, &remote, 1, 0) : 0;

    if (copied <= 0)
        return false;
    put_text(b, " call=", (struct slice){ text, (size_t)copied });
    return true;
}

/* --- what is told --- */

static const char *name_of(int number)
{
    for (unsigned i = 0; i < FATAL; i++)
        if (fatal[i].number == number)
            return fatal[i].name;
    return "?";
}

/* The worker whose thread this is, or -1. */
static int worker_of(pid_t thread)
{
    for (int i = 0; i < WORKERS; i++)
        if (atomic_load(&crash.workers[i].hand) != NULL && atomic_load(&crash.workers[i].thread) == thread)
            return i;
    return -1;
}

static void tell_signal(struct buf *b, int number, const siginfo_t *info, pid_t thread, int worker)
{
    begin_line(b, "signal");
    put_text(b, " signal=", slice_from(name_of(number)));
    if (info->si_code > 0) /* from the processor: there is an address */
        put_address(b, " address=", (uintptr_t)info->si_addr);
    else
        put_number(b, " sender=", (uint64_t)info->si_pid);
    put_number(b, " thread=", (uint64_t)thread);
    if (worker >= 0) {
        put_number(b, " worker=", (uint64_t)worker);
        (void)put_call(b, atomic_load(&crash.workers[worker].hand));
    }
    end_line(b);
}

static void tell_others(struct buf *b, int worker)
{
    for (int i = 0; i < WORKERS; i++) {
        const struct in_hand *hand = atomic_load(&crash.workers[i].hand);

        if (i == worker || hand == NULL)
            continue;
        begin_line(b, "in_hand");
        put_number(b, " worker=", (uint64_t)i);
        if (put_call(b, hand))
            end_line(b);
    }
}

static void tell_frame(struct buf *b, unsigned n, uintptr_t pc)
{
    const struct module *m = module_find(&crash.modules, pc);

    begin_line(b, "frame");
    put_number(b, " n=", n);
    put_address(b, " pc=", pc);
    if (m != NULL) {
        put_text(b, " module=", slice_from(m->name));
        put_address(b, " offset=", pc - m->base);
        module_put_function(&crash.modules, m, pc, b);
    }
    end_line(b);
}

static uintptr_t place_of(const void *context)
{
    const ucontext_t *c = context;

#if defined(__x86_64__)
    return (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)c->uc_mcontext.pc;
#else
    (void)c;
    return 0;
#endif
}

/* The frames of the handler itself come first and are left out.  Where the walk
 * does not find the place of the fault (a jump into nowhere), it is told first.
 * Above it are return addresses: one less is inside of the call. */
static void tell_frames(struct buf *b, uintptr_t place)
{
    void *frames[FRAMES];
    int   count = backtrace(frames, FRAMES), first = 0;

    while (first < count && (uintptr_t)frames[first] != place)
        first++;
    if (first == count)
        first = -1;
    tell_frame(b, 0, place);
    for (int i = first + 1; i < count; i++)
        tell_frame(b, (unsigned)(i - first), (uintptr_t)frames[i] - 1);
}

static void on_fatal(int number, siginfo_t *info, void *context)
{
    char             memory[LINE];
    struct buf       b      = BUF_ON(memory);
    pid_t            thread = gettid();
    int              worker = worker_of(thread);
    crash_settle_fn *settle = atomic_load(&crash.settle);

    while (atomic_flag_test_and_set(&crash.busy))
        pause(); /* another thread was first and ends us all */
    if (settle != NULL)
        settle(crash.settle_arg);
    tell_signal(&b, number, info, thread, worker);
    tell_others(&b, worker);
    tell_frames(&b, place_of(context));
    for (unsigned i = 0; i < FATAL; i++)
        sigaction(fatal[i].number, &crash.before[i], NULL);
    atomic_flag_clear(&crash.busy);
    /* A fault happens again on return, with its address for whoever is next
     * (a sanitizer); a signal that was sent has to be sent again. */
    if (info->si_code <= 0)
        (void)syscall(SYS_tgkill, getpid(), thread, number);
}

/* --- life --- */

int crash_install(int fd, crash_settle_fn *settle, void *arg)
{
    struct sigaction action = { .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    void            *frames[2];

    crash.fd         = fd;
    crash.settle_arg = arg;
    atomic_store(&crash.settle, settle);
    (void)backtrace(frames, 2); /* the first call loads a library, and takes memory for it */
    modules_read(&crash.modules);
    sigfillset(&action.sa_mask);
    for (unsigned i = 0; i < FATAL; i++)
        if (sigaction(fatal[i].number, &action, &crash.before[i]) != 0)
            return -ERR_LIMIT;
    return 0;
}

void crash_forget_settle(void)
{
    atomic_store(&crash.settle, NULL);
}

/* A sanitizer gives each thread a stack, and takes back whatever it finds. */
static bool has_stack(void)
{
    stack_t now;

    return sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) == 0;
}

int crash_enter(unsigned worker, const struct in_hand *hand)
{
    stack_t stack = { .ss_size = STACK };

    atomic_store(&crash.workers[worker].thread, (int32_t)gettid());
    atomic_store(&crash.workers[worker].hand, hand);
    if (has_stack())
        return 0;
    stack.ss_sp = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack.ss_sp == MAP_FAILED)
        return -ERR_NO_MEMORY;
    crash.workers[worker].stack = stack.ss_sp;
    return sigaltstack(&stack, NULL) == 0 ? 0 : -ERR_NO_MEMORY;
}

void crash_leave(unsigned worker)
{
    stack_t none = { .ss_flags = SS_DISABLE };

    atomic_store(&crash.workers[worker].hand, NULL);
    if (crash.workers[worker].stack == NULL)
        return;
    sigaltstack(&none, NULL);
    munmap(crash.workers[worker].stack, STACK);
    crash.workers[worker].stack = NULL;
}
