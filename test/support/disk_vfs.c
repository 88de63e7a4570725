/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/disk_vfs.h"

#include "base/list.h"
#include "base/random.h"
#include "support/alloc.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SECTOR = 512, PATIENCE = 10 };

/* A write, or a truncation to `at`, that no sync has made lasting. */
struct pending {
    struct link link;
    size_t      at, len;
    bool        truncates;
    char        bytes[];
};

/* What a power cut leaves of one file. */
struct image {
    struct link link;
    char        path[256];
    char       *bytes;
    size_t      size;
    struct link pending; /* oldest first */
};

/* SQLite's handle; that of the real file follows. */
struct disk_file {
    sqlite3_file  base;
    struct image *image; /* NULL: a file that does not matter */
};

static struct {
    sqlite3_vfs     vfs;
    sqlite3_vfs    *real;
    pthread_mutex_t mutex; /* the rest */
    pthread_cond_t  changed;
    struct link     images;
    bool            held, failed;
    unsigned        hanging, fail_at, fail_count;
    int             fail_code;
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static struct image *image_of(sqlite3_file *f)
{
    return ((struct disk_file *)f)->image;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return (sqlite3_file *)((struct disk_file *)f + 1);
}

/* ---- images ---- */

static struct image *image_find(const char *path)
{
    LIST_EACH (l, &disk.images) {
        struct image *i = CONTAINER_OF(l, struct image, link);

        if (strcmp(i->path, path) == 0)
            return i;
    }
    return NULL;
}

static void drop_pending(struct image *i)
{
    for (struct link *l; (l = list_shift(&i->pending)) != NULL;)
        free(CONTAINER_OF(l, struct pending, link));
}

static void image_free(struct image *i)
{
    drop_pending(i);
    list_unlink(&i->link);
    free(i->bytes);
    free(i);
}

/* The memory behind so many bytes. */
static size_t room_for(size_t size)
{
    size_t room = 4096;

    while (room < size)
        room *= 2;
    return room;
}

/* As long as `size`; what is new is zero. */
static void resize(char **bytes, size_t *size, size_t wanted)
{
    if (*bytes == NULL || room_for(wanted) != room_for(*size))
        *bytes = alloc_grow(*bytes, room_for(wanted));
    if (wanted > *size)
        memset(*bytes + *size, 0, wanted - *size);
    *size = wanted;
}

static void read_file(struct image *i, const char *path)
{
    FILE *file = fopen(path, "rb");
    int   byte;
    long  size;

    if (file == NULL)
        return;
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    resize(&i->bytes, &i->size, (size_t)size);
    for (size_t at = 0; at < i->size && (byte = fgetc(file)) != EOF; at++)
        i->bytes[at] = (char)byte;
    fclose(file);
}

static struct image *image_open(const char *path)
{
    struct image *i = image_find(path);

    if (i != NULL)
        return i;
    i = alloc_new(sizeof *i);
    snprintf(i->path, sizeof i->path, "%s", path);
    list_init(&i->pending);
    read_file(i, path);
    list_append(&disk.images, &i->link);
    return i;
}

static void put(char **bytes, size_t *size, const struct pending *p, size_t from, size_t len)
{
    if (p->at + from + len > *size)
        resize(bytes, size, p->at + from + len);
    memcpy(*bytes + p->at + from, p->bytes + from, len);
}

static void settle(struct image *i)
{
    LIST_EACH (l, &i->pending) {
        const struct pending *p = CONTAINER_OF(l, struct pending, link);

        if (p->truncates)
            resize(&i->bytes, &i->size, p->at);
        else
            put(&i->bytes, &i->size, p, 0, p->len);
    }
    drop_pending(i);
}

static void note(struct image *i, size_t at, const void *bytes, size_t len)
{
    struct pending *p;

    if (i == NULL)
        return;
    p            = alloc_new(sizeof *p + len);
    p->at        = at;
    p->len       = len;
    p->truncates = bytes == NULL;
    if (bytes != NULL)
        memcpy(p->bytes, bytes, len);
    pthread_mutex_lock(&disk.mutex);
    list_append(&i->pending, &p->link);
    pthread_mutex_unlock(&disk.mutex);
}

/* ---- faults ---- */

static int fault(void)
{
    int code = SQLITE_OK;

    pthread_mutex_lock(&disk.mutex);
    if (disk.fail_at > 1) {
        disk.fail_at--;
    } else if (disk.fail_at == 1 && disk.fail_count > 0) {
        disk.fail_count--;
        disk.failed = true;
        code        = disk.fail_code;
    }
    pthread_mutex_unlock(&disk.mutex);
    return code;
}

static void hang(void)
{
    pthread_mutex_lock(&disk.mutex);
    disk.hanging++;
    pthread_cond_broadcast(&disk.changed);
    while (disk.held)
        pthread_cond_wait(&disk.changed, &disk.mutex);
    disk.hanging--;
    pthread_mutex_unlock(&disk.mutex);
}

/* ---- the file ---- */

static int file_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), to, len, at);
}

static int file_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at)
{
    int rc = fault();

    if (rc == SQLITE_OK)
        rc = real_of(f)->pMethods->xWrite(real_of(f), from, len, at);
    if (rc == SQLITE_OK)
        note(image_of(f), (size_t)at, from, (size_t)len);
    return rc;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = fault();

    if (rc == SQLITE_OK)
        rc = real_of(f)->pMethods->xTruncate(real_of(f), size);
    if (rc == SQLITE_OK)
        note(image_of(f), (size_t)size, NULL, 0);
    return rc;
}

/* The real sync is left out: the machine of the test keeps its power. */
static int file_sync(sqlite3_file *f, int flags)
{
    int rc;

    (void)flags;
    hang();
    rc = fault();
    if (rc != SQLITE_OK || image_of(f) == NULL)
        return rc;
    pthread_mutex_lock(&disk.mutex);
    settle(image_of(f));
    pthread_mutex_unlock(&disk.mutex);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int file_lock(sqlite3_file *f, int kind)
{
    return real_of(f)->pMethods->xLock(real_of(f), kind);
}

static int file_unlock(sqlite3_file *f, int kind)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), kind);
}

static int file_check_lock(sqlite3_file *f, int *result)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), result);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int file_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **map)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, map);
}

static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion               = 2, /* no mapping of the file itself: all is written by file_write */
    .xClose                 = file_close,
    .xRead                  = file_read,
    .xWrite                 = file_write,
    .xTruncate              = file_truncate,
    .xSync                  = file_sync,
    .xFileSize              = file_size,
    .xLock                  = file_lock,
    .xUnlock                = file_unlock,
    .xCheckReservedLock     = file_check_lock,
    .xFileControl           = file_control,
    .xSectorSize            = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap                = file_shm_map,
    .xShmLock               = file_shm_lock,
    .xShmBarrier            = file_shm_barrier,
    .xShmUnmap              = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out_flags)
{
    const int         lasting = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    struct disk_file *file    = (struct disk_file *)f;
    int               rc      = disk.real->xOpen(disk.real, path, real_of(f), flags, out_flags);

    (void)vfs;
    *file = (struct disk_file){ .base = { rc == SQLITE_OK ? &methods : NULL } };
    if (rc != SQLITE_OK || path == NULL || (flags & lasting) == 0)
        return rc;
    pthread_mutex_lock(&disk.mutex);
    file->image = image_open(path);
    pthread_mutex_unlock(&disk.mutex);
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    struct image *i;

    (void)vfs;
    pthread_mutex_lock(&disk.mutex);
    i = image_find(path);
    if (i != NULL)
        image_free(i);
    pthread_mutex_unlock(&disk.mutex);
    return disk.real->xDelete(disk.real, path, sync_folder);
}

/* ---- what the test says ---- */

void disk_vfs_install(void)
{
    disk.real         = sqlite3_vfs_find(NULL);
    disk.vfs          = *disk.real;
    disk.vfs.zName    = "disk";
    disk.vfs.szOsFile = (int)sizeof(struct disk_file) + disk.real->szOsFile;
    disk.vfs.xOpen    = vfs_open;
    disk.vfs.xDelete  = vfs_delete;
    disk.held = disk.failed = false;
    disk.fail_at            = 0;
    list_init(&disk.images);
    sqlite3_vfs_register(&disk.vfs, 1);
}

void disk_vfs_remove(void)
{
    sqlite3_vfs_unregister(&disk.vfs);
    sqlite3_vfs_register(disk.real, 1);
    while (!list_empty(&disk.images))
        image_free(CONTAINER_OF(disk.images.next, struct image, link));
}

void disk_hold(bool held)
{
    pthread_mutex_lock(&disk.mutex);
    disk.held = held;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.mutex);
}

bool disk_wait_hanging(void)
{
    struct timespec until;
    bool            hangs;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE;
    pthread_mutex_lock(&disk.mutex);
    while (disk.hanging == 0 && pthread_cond_timedwait(&disk.changed, &disk.mutex, &until) == 0)
        ;
    hangs = disk.hanging > 0;
    pthread_mutex_unlock(&disk.mutex);
    return hangs;
}

void disk_fail_at(unsigned n, unsigned count, int code)
{
    pthread_mutex_lock(&disk.mutex);
    disk.fail_at    = n;
    disk.fail_count = count;
    disk.fail_code  = code;
    disk.failed     = false;
    pthread_mutex_unlock(&disk.mutex);
}

bool disk_failed(void)
{
    bool failed;

    pthread_mutex_lock(&disk.mutex);
    failed = disk.failed;
    pthread_mutex_unlock(&disk.mutex);
    return failed;
}

/* Of each write some sectors, of each truncation all or nothing. */
static void leave_some(const struct image *i, const struct random *dice, char **bytes, size_t *size)
{
    LIST_EACH (l, &i->pending) {
        const struct pending *p = CONTAINER_OF(l, struct pending, link);

        if (p->truncates) {
            if (random_below(dice, 2) == 0)
                resize(bytes, size, p->at);
            continue;
        }
        for (size_t from = 0; from < p->len; from += SECTOR) {
            size_t len = p->len - from < SECTOR ? p->len - from : SECTOR;

            if (random_below(dice, 2) == 0)
                put(bytes, size, p, from, len);
        }
    }
}

static void write_image(const char *folder, const struct image *i, const struct random *dice)
{
    char   path[512], *bytes = NULL;
    size_t size = 0;
    FILE  *file;

    snprintf(path, sizeof path, "%s%s", folder, strrchr(i->path, '/'));
    resize(&bytes, &size, i->size);
    memcpy(bytes, i->bytes != NULL ? i->bytes : "", i->size);
    leave_some(i, dice, &bytes, &size);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
    free(bytes);
}

void disk_power_cut(const char *path, const char *folder, uint64_t seed)
{
    struct random_seeded generator;
    struct random        dice = { random_seeded_fill, &generator };

    random_seed(&generator, seed);
    pthread_mutex_lock(&disk.mutex);
    LIST_EACH (l, &disk.images) {
        const struct image *i = CONTAINER_OF(l, struct image, link);

        if (strncmp(i->path, path, strlen(path)) == 0)
            write_image(folder, i, &dice);
    }
    pthread_mutex_unlock(&disk.mutex);
}
