/*
 * Entered in 32-bit protected mode without paging, by the PVH boot protocol, with EBX at the start information. Switches to ring 3 of long
 * mode in as few instructions as possible, because the KVM of some hosts interprets everything below ring 3. A task state segment with an
 * empty I/O permission map gives ring 3 access to the ports. The I/O privilege level would too, but those hosts lose it.
 */
        .section .note.Xen, "a", @note
        .balign 4
        .long   4, 8, 18                        /* lengths of name and content; XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .quad   start32

        .text
        .code32
        .globl  start32
start32:
        movl    %ebx, start_information
        movl    $page_map, %eax
        movl    %eax, %cr3
        movl    $0x20, %eax                     /* PAE */
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx               /* EFER.LME */
        rdmsr
        orl     $0x100, %eax
        wrmsr
        movl    $0x80000011, %eax               /* PG, ET, PE */
        movl    %eax, %cr0
        movl    $task_state, %eax
        movw    %ax, task_descriptor + 2
        shrl    $16, %eax
        movb    %al, task_descriptor + 4
        movb    %ah, task_descriptor + 7
        lgdt    descriptor_table_pointer
        ljmp    $0x08, $start64

        .code64
start64:
        movl    $0x23, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    $0x28, %eax
        ltr     %ax
        movl    $stack_end, %esp
        pushq   $0x23
        pushq   $stack_end - 8                  /* as after a call */
        pushq   $0x2                            /* no interrupts */
        pushq   $0x1b
        pushq   $main
        iretq

        .data
        .balign 8
descriptor_table:
        .quad   0
        .quad   0x00af9b000000ffff              /* 0x08: code of ring 0 */
        .quad   0x00cf93000000ffff              /* 0x10: data of ring 0 */
        .quad   0x00affb000000ffff              /* 0x18: code of ring 3 */
        .quad   0x00cff3000000ffff              /* 0x20: data of ring 3 */
task_descriptor:                                /* 0x28: of 16 bytes; the entry puts in the address */
        .quad   0x0000890000000000 + task_state_end - task_state - 1
        .quad   0
descriptor_table_end:
descriptor_table_pointer:
        .word   descriptor_table_end - descriptor_table - 1
        .long   descriptor_table

        .balign 8
task_state:
        .fill   102
        .word   104                             /* the offset of the permission map: one zero bit per port, and a final byte of ones */
        .fill   8192
        .byte   0xff
task_state_end:

/* The first 4 GiB at their own addresses, in pages of 2 MiB: present, writable, for ring 3. Made by the assembler: code would be slow. */
        .balign 4096
page_map:
        .quad   page_directory_pointers + 7
        .fill   511, 8, 0
page_directory_pointers:
        .quad   page_directories + 7
        .quad   page_directories + 0x1007
        .quad   page_directories + 0x2007
        .quad   page_directories + 0x3007
        .fill   508, 8, 0
page_directories:
        .set    address, 0
        .rept   2048
        .quad   address + 0x87
        .set    address, address + 0x200000
        .endr

        .globl  start_information
start_information:
        .quad   0

        .bss
        .balign 16
        .fill   65536
stack_end:

        .section .note.GNU-stack, "", @progbits
