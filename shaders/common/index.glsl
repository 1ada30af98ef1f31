/* The number of this workgroup. lvk_launch_groups() launches many workgroups in two dimensions, since one
 * dimension has a limit. */
#define LVK_GROUP_INDEX (gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x)
